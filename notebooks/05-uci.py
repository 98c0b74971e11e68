# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Infinitely wide networks on small data
#
# Arora et al. (2020, *Harnessing the Power of Infinitely Wide Deep Nets on Small-data Tasks*, arXiv 1910.01663) put the tangent kernel of ReLU networks into a
# support vector machine, ran it over 90 UCI sets, and found it **ahead of random forests**, which had won the large contest of Fernandez-Delgado et al.
# (2014), of Gaussian kernels, and of the networks whose limit it is. This notebook asks the question again, with the paper's own statistics,
# the published splits and the same rules for everybody:
#
# * hyperparameters are chosen on one split, half against half; accuracy is the mean over four other folds;
# * NTK, NNGP and Gaussian SVM choose from 35 candidates each (5 kernels times 7 costs), forests from 3 shares of features, networks from 2 depths times 4 decays.
#
# Rules and statistics stand in `uci_full.py` beside this file, which runs all sets of a folder and can be interrupted; here are enough to see the shape of the answer.

# %%
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # many small problems

import sys
import time
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import deeplimit as dl
from deeplimit import _plot

plt.style.use(_plot.STYLE)
BLUE, RED, GREEN, PINK, ORANGE, SKY = plt.rcParams["axes.prop_cycle"].by_key()["color"]

HERE = Path.cwd()
ROOT = next((p for p in (HERE, *HERE.parents) if (p / "notebooks" / "uci_full.py").exists()), HERE)
sys.path.insert(0, str(ROOT / "notebooks"))
import uci_full

DATA = Path(os.environ.get("DEEPLIMIT_DATA", ROOT.parent / "shared" / "data"))
if (DATA / "uci").is_dir():
    every = [uci_full.read(folder) for folder in sorted((DATA / "uci").iterdir()) if (folder / "kfold4.txt").exists()]
    problems = [problem for problem in every if 150 <= len(problem.X) <= 400]
    print(f"{len(problems)} UCI sets: all of the {len(every)} in the folder that have 150 to 400 rows")
else:
    problems = uci_full.bundled()
    print(f"There are no UCI data here (DEEPLIMIT_DATA names their folder): {len(problems)} of scikit-learn's own sets instead, with random splits.")
for problem in problems:
    classes = np.unique(problem.y)
    assert np.isfinite(problem.X).all() and not set(problem.tuning[0]) & set(problem.tuning[1])
    assert all(not set(seen) & set(new) for seen, new in problem.folds), "a row to learn from is a row to test on"
    print(f"  {problem.name:30s}{problem.X.shape[0]:4d} rows of {problem.X.shape[1]:3d}, {len(classes):2d} classes")

# %% [markdown]
# ## What the kernels look like
#
# Rows are standardised features. A ReLU network without biases scales with the length of a row; put on the sphere, with a coordinate $\sqrt D$ beside $D$ features so that lengths are not lost, it is a function
# of the angle alone. Three Gram matrices of one set, rows sorted by class: blocks on the diagonal are what a classifier lives on.

# %%
problem = problems[-1]
order = np.argsort(problem.y, kind="stable")
X = (problem.X / np.sqrt(problem.X.shape[1]))[order]
grams = {"NTK, depth 1": dl.Kernel("relu", 1, lengths="lift")(X), "NTK, depth 5": dl.Kernel("relu", 5, lengths="lift")(X),
         "NTK, depth 50": dl.Kernel("relu", 50, lengths="lift")(X)}
edges = np.flatnonzero(np.diff(problem.y[order])) + 0.5
fig, axes = plt.subplots(1, 3, figsize=(7.2, 2.7))
for ax, (title, K) in zip(axes, grams.items()):
    assert np.linalg.eigvalsh(K)[0] > -1e-10 * len(K) * K[0, 0]
    K = K / K[0, 0]
    off = K[np.triu_indices(len(K), 1)]
    image = ax.imshow(K, cmap="magma", vmin=np.quantile(off, 0.01), vmax=np.quantile(off, 0.995), interpolation="nearest")
    ax.hlines(edges, -0.5, len(K) - 0.5, color="w", lw=0.6)
    ax.vlines(edges, -0.5, len(K) - 0.5, color="w", lw=0.6)
    ax.set(title=title, xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    bar = fig.colorbar(image, ax=ax, shrink=0.8, pad=0.02)
    bar.ax.tick_params(labelsize=7, length=2)
    bar.outline.set_visible(False)
    bar.locator = plt.MaxNLocator(4)
fig.suptitle(f"{problem.name}: kernel over its diagonal, rows by class", x=0.01, ha="left", fontsize=10)
plt.show()
spread = [np.std(K[np.triu_indices(len(K), 1)] / K[0, 0]) for K in grams.values()]
print("spread of the off-diagonal entries, over the diagonal:", [f"{s:.4f}" for s in spread])
assert spread[0] > spread[1] > spread[2] and 1 / 20 < spread[2] / spread[0] < 1 / 5  # ReLU forgets: at depth infinity all entries are the same, and the majority wins
assert dl.classify("relu").regime == "majority"

# %% [markdown]
# Depth 50 has the same blocks and a tenth of the contrast: the ReLU is on the way to the majority vote, which is what it is at depth infinity, proved. The best depths are small here, or the activation must be another one:
# the last rule below is an **infinitely** deep network, with an activation that has $\alpha = d$ of 2, 4, 8, 16 or 32, a singular smoother.
#
# ## The contest

# %%
rules = list(uci_full.RULES)
table, chosen = np.empty((len(problems), len(rules))), {}
start = time.perf_counter()
for i, problem in enumerate(problems):
    for j, rule in enumerate(rules):
        row = uci_full.accuracy(problem, rule)
        table[i, j], chosen[problem.name, rule] = row["accuracy"], row["chosen"]
print(f"{table.size} times chosen and tested in {time.perf_counter() - start:.0f} s")
print()
print(" " * 30, *(f"{rule:>15s}" for rule in rules))
for problem, row in zip(problems, table):
    print(f"{problem.name:30s}", *(f"{100 * a:14.1f}{'*' if a == row.max() else ' '}" for a in row))
majority = np.array([np.mean([np.mean(p.y[new] == np.bincount(p.y[seen]).argmax()) for seen, new in p.folds]) for p in problems])
assert (table.mean(0) > majority.mean() + 0.05).all()  # everybody has learnt something

# %% [markdown]
# ## The paper's statistics
#
# Five columns as in its Table 1. *Friedman rank*: the mean of the places (ties share). *P90, P95*: the share of sets where a rule has at least 90 or 95 % of the accuracy of the set's best. *PMA*: the mean of that share.
# Sets are a sample of sets: beside each difference stands its standard error, and Friedman's test says how likely such different ranks are if all rules were the same.

# %%
uci_full.show(rules, table)
columns = uci_full.statistics(table)
ranks, mean = columns["Friedman rank"], columns["mean accuracy"]
k = len(rules)
assert np.isclose(ranks.sum(), k * (k + 1) / 2)  # places are shared out, none is lost
assert (columns["P90"] >= columns["P95"]).all() and (columns["PMA"] <= 100).all()

# %%
palette = dict(zip(rules, (BLUE, SKY, GREEN, ORANGE, PINK, RED)))
fig, (left, right) = plt.subplots(1, 2, figsize=(7.4, 3.6), width_ratios=(1.35, 1))
best = table.max(1)
order = np.argsort(best - majority)
for y, i in enumerate(order):
    left.plot([100 * majority[i], 100 * best[i]], [y, y], color="0.8", lw=0.8, zorder=0)
    left.plot(100 * majority[i], y, "|", color="0.5", ms=7)
    for j, rule in enumerate(rules):
        left.plot(100 * table[i, j], y, "o", color=palette[rule], ms=4.5, alpha=0.8, mew=0)
left.set_yticks(range(len(problems)), [problems[i].name.replace("-mines-rocks", "") for i in order], fontsize=8)
left.set(xlabel="accuracy, per cent", title="set by set; the bar is the majority vote")
left.tick_params(axis="y", length=0)
left.spines["left"].set_visible(False)

gaps = 100 * (table - table[:, [0]])
rows = np.argsort(ranks)[::-1]
right.axvline(0, color="0.6", lw=0.6)
for y, j in enumerate(rows):
    error = gaps[:, j].std(ddof=1) / np.sqrt(len(gaps))
    right.plot(gaps[:, j], np.full(len(gaps), y) + 0.16 * np.sin(7.0 * np.arange(len(gaps))), "o", color=palette[rules[j]], ms=2.4, alpha=0.4, mew=0)
    right.errorbar(gaps[:, j].mean(), y, xerr=2 * error, fmt="o", color=palette[rules[j]], ms=5.5, lw=1.6)
right.set_yticks(range(k), [f"{rules[j]}\nrank {ranks[j]:.2f}" for j in rows], fontsize=8)
for tick, j in zip(right.get_yticklabels(), rows):
    tick.set_color(palette[rules[j]])
right.set(xlabel="accuracy less that of the NTK, points", title="mean over sets, $\\pm2$ standard errors")
right.tick_params(axis="y", length=0)
right.spines["left"].set_visible(False)
plt.show()

# %% [markdown]
# ## Is it so?
#
# The claim has a sign for each rival: NTK less rival is positive. What these sets say, by the only honest rule, two standard errors:

# %%
verdicts = {}
for j, rule in enumerate(rules[1:], 1):
    gap = -gaps[:, j]
    error = gap.std(ddof=1) / np.sqrt(len(gap))
    verdicts[rule] = "ahead" if gap.mean() > 2 * error else "behind" if gap.mean() < -2 * error else "not decided"
    print(f"NTK against {rule:16s}{gap.mean():+5.2f} +- {error:.2f} points: {verdicts[rule]}")
assert "behind" not in verdicts.values()  # nothing here contradicts the paper

# %% [markdown]
# The mean hides where it comes from. The largest single differences:

# %%
for i, j in sorted(np.ndindex(gaps.shape), key=lambda at: -abs(gaps[at]))[:5]:
    print(f"  {problems[i].name:30s}{rules[j]:16s}{gaps[i, j]:+6.1f} points from the NTK, rows tested {sum(len(new) for _, new in problems[i].folds)}")

# %% [markdown]
# How many sets would decide it? A difference of one point with the spread between sets that was just measured needs

# %%
for j, rule in enumerate(rules[1:], 1):
    print(f"  {rule:16s}about {np.ceil((2 * gaps[:, j].std(ddof=1)) ** 2):4.0f} sets")

# %% [markdown]
# ## All sixty
#
# `python notebooks/uci_full.py --data DIR --out uci.jsonl` on the 60 sets with at most 5,000 rows (of the paper's 90) printed, in 12 minutes on one core:
#
# | | Friedman rank | mean accuracy | P90 | P95 | PMA |
# |---|---|---|---|---|---|
# | NTK | 2.89 | 80.46 | 93.33 | 90.00 | 97.69 |
# | NNGP | 3.06 | 80.32 | 93.33 | 85.00 | 97.42 |
# | Gaussian SVM | 3.19 | 80.16 | 93.33 | 85.00 | 97.15 |
# | network | 3.43 | 80.03 | 90.00 | 86.67 | 97.01 |
# | random forest | 3.63 | 79.60 | 90.00 | 76.67 | 96.66 |
# | depth infinity | 4.79 | 78.05 | 86.67 | 58.33 | 94.93 |
#
# The NTK is first in every column (in P90 with two others): the order is the paper's. Its lead in accuracy is 0.86 ± 0.53 points over the forests, 0.30 ± 0.28 over the Gaussian kernel, 0.42 ± 0.32 over the networks and
# 0.14 ± 0.18 over the NNGP (± one standard error, sets taken for a sample): each has the paper's sign, and none of them is beyond two standard errors on 60 sets. That the six are not all alike is certain (Friedman's test,
# $p = 3\cdot10^{-8}$), but most of that is the infinitely deep smoother, 2.41 ± 0.43 behind: it has nothing but the exponent to choose, and interpolates every noisy label.
