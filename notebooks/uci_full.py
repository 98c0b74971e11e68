"""Kernels of wide networks, forests, Gaussian SVMs and small networks on UCI sets: the protocol of Arora et al. (2020), resumable.

    python notebooks/uci_full.py --data DIR --out uci.jsonl            # all sets of DIR/uci, smallest first
    python notebooks/uci_full.py --data DIR --out uci.jsonl --tables   # what is there so far

A line of `uci.jsonl` is one rule on one set; what is there is not computed again, so it may be stopped at any time. With `--jobs 2` two sets
are worked on at once. Hyperparameters are chosen on `tuning_split.txt` (the first of the best), accuracy is the mean over the four folds of
`kfold4.txt`: the published splits of Fernandez-Delgado et al. (2014). 05-uci.py imports the rules and statistics from here.

Needs: pip install deeplimit scikit-learn
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(name, "1")  # before numpy: many small problems, and --jobs for more cores

import numpy as np
from scipy.stats import friedmanchisquare, rankdata
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC

import deeplimit as dl

COSTS = [10.0**k for k in range(-2, 5)]


@dataclass
class Problem:
    """A set: rows, labels, and which rows to choose on and to test on."""

    name: str
    X: np.ndarray
    y: np.ndarray
    tuning: tuple[np.ndarray, np.ndarray]
    folds: list[tuple[np.ndarray, np.ndarray]]


def read(folder: Path) -> Problem:
    """`NAME/NAME.csv` with its splits, which are lines of row numbers."""
    table = np.loadtxt(folder / f"{folder.name}.csv", delimiter=",", skiprows=1, ndmin=2)
    halves, parts = (
        [np.array(line.split(), dtype=int) for line in (folder / name).read_text().splitlines() if line.strip()]
        for name in ("tuning_split.txt", "kfold4.txt")
    )
    return Problem(folder.name, table[:, :-1], table[:, -1].astype(int), (halves[0], halves[1]), list(zip(parts[::2], parts[1::2])))


def bundled() -> list[Problem]:
    """Where there are no data: scikit-learn's own sets, standardised, with splits of the same sizes."""
    from sklearn import datasets

    made = []
    for load, most in ((datasets.load_iris, 150), (datasets.load_wine, 178), (datasets.load_breast_cancer, 400), (datasets.load_digits, 400)):
        rng = np.random.default_rng(len(made))
        X, y = load(return_X_y=True)
        rows = rng.permutation(len(X))[:most]
        X, y = X[rows], y[rows]
        X = (X - X.mean(0)) / np.where(X.std(0) > 0, X.std(0), 1)
        order = [rng.permutation(most) for _ in range(5)]
        halves, cut = order[0], 3 * most // 4
        made.append(Problem(load.__name__[5:], X, y, (halves[: most // 2], halves[most // 2 :]), [(p[:cut], p[cut:]) for p in order[1:]]))
    return made


# A rule lists its candidates; a candidate takes rows to learn and rows to label, and gives labels.
Candidate = Callable[[np.ndarray, np.ndarray], np.ndarray]


def kernel_svm(grams: list[np.ndarray], y: np.ndarray) -> Iterator[tuple[Any, Candidate]]:
    for k, K in enumerate(grams):
        for cost in COSTS:
            def labels(seen: np.ndarray, new: np.ndarray, K: np.ndarray = K, cost: float = cost) -> np.ndarray:
                machine = SVC(C=cost, kernel="precomputed", cache_size=500, max_iter=10**6)
                return machine.fit(K[np.ix_(seen, seen)], y[seen]).predict(K[np.ix_(new, seen)])

            yield (k, cost), labels


def on_the_sphere(X: np.ndarray, depths: range, kind: str) -> list[np.ndarray]:
    """Kernels of ReLU networks of these depths. A coordinate sqrt(D) beside D features of variance 1: directions know lengths then."""
    grams = []
    for depth in depths:
        K = dl.Kernel("relu", depth, kind=kind, lengths="lift")(X / np.sqrt(X.shape[1]))
        grams.append(K / K[0, 0])  # all diagonal entries are the same
    return grams


def ntk(problem: Problem) -> Iterator[tuple[Any, Candidate]]:
    return kernel_svm(on_the_sphere(problem.X, range(1, 6), "ntk"), problem.y)


def nngp(problem: Problem) -> Iterator[tuple[Any, Candidate]]:
    return kernel_svm(on_the_sphere(problem.X, range(1, 6), "nngp"), problem.y)


def gaussian(problem: Problem) -> Iterator[tuple[Any, Candidate]]:
    X = problem.X
    squares = (X**2).sum(1)
    distances = np.maximum(squares[:, None] + squares[None, :] - 2 * X @ X.T, 0) / X.shape[1]
    return kernel_svm([np.exp(-distances * 4.0**k) for k in range(-2, 3)], problem.y)


def fitted(problem: Problem, make: Callable[..., Any], grid: list[dict[str, Any]]) -> Iterator[tuple[Any, Candidate]]:
    for chosen in grid:
        def labels(seen: np.ndarray, new: np.ndarray, chosen: dict[str, Any] = chosen) -> np.ndarray:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)  # stopped early is a way to regularise
                return make(**chosen).fit(problem.X[seen], problem.y[seen]).predict(problem.X[new])

        yield chosen, labels


def forest(problem: Problem) -> Iterator[tuple[Any, Candidate]]:
    grid = [{"max_features": share} for share in ("sqrt", 0.5, 1.0)]
    return fitted(problem, lambda **g: RandomForestClassifier(200, random_state=0, **g), grid)


def net(problem: Problem) -> Iterator[tuple[Any, Candidate]]:
    grid = [{"hidden_layer_sizes": (64,) * layers, "alpha": decay} for layers in (1, 2) for decay in (1e-2, 1e-1, 1.0, 10.0)]
    return fitted(problem, lambda **g: MLPClassifier(solver="lbfgs", max_iter=200, random_state=0, **g), grid)


def infinite(problem: Problem) -> Iterator[tuple[Any, Candidate]]:
    """The infinitely deep network with the activation that has alpha = d: the singular smoother."""
    X = problem.X / np.sqrt(problem.X.shape[1])
    for d in (2, 4, 8, 16, 32):
        kernel = dl.Kernel(f"optimal({d})", "inf", lengths="lift")
        yield d, lambda seen, new, kernel=kernel: kernel.fit(X[seen], problem.y[seen]).labels(X[new])


RULES: dict[str, Callable[[Problem], Iterator[tuple[Any, Candidate]]]] = {
    "NTK": ntk,
    "NNGP": nngp,
    "random forest": forest,
    "Gaussian SVM": gaussian,
    "network": net,
    "depth infinity": infinite,
}


def accuracy(problem: Problem, rule: str) -> dict[str, Any]:
    """Chooses on the tuning halves, tests on the folds."""
    start, best = time.perf_counter(), (-1.0, None, None)
    seen, new = problem.tuning
    for chosen, labels in RULES[rule](problem):
        share = float(np.mean(labels(seen, new) == problem.y[new]))
        if share > best[0]:
            best = (share, chosen, labels)
    folds = [float(np.mean(best[2](seen, new) == problem.y[new])) for seen, new in problem.folds]
    # rounded: what is equal as a fraction shall be equal here, and share a place
    return {"set": problem.name, "rule": rule, "accuracy": round(float(np.mean(folds)), 12), "folds": folds, "chosen": best[1],
            "seconds": round(time.perf_counter() - start, 2)}


def statistics(table: np.ndarray) -> dict[str, np.ndarray]:
    """Of accuracies (sets, rules): the five columns of the paper's Table 1. PMA: the mean share of the set's best rule."""
    share = table / table.max(1, keepdims=True)
    return {
        "Friedman rank": np.array([rankdata(-row) for row in table]).mean(0),
        "mean accuracy": 100 * table.mean(0),
        "P90": 100 * (share >= 0.9).mean(0),
        "P95": 100 * (share >= 0.95).mean(0),
        "PMA": 100 * share.mean(0),
    }


def show(rules: list[str], table: np.ndarray) -> None:
    """Prints the table, and what the differences from the first rule are worth."""
    columns = statistics(table)
    print(f"{len(table)} sets".ljust(16), *(c.rjust(14) for c in columns), sep="")
    for j in np.argsort(columns["Friedman rank"]):
        print(rules[j].ljust(16), *(f"{values[j]:14.2f}" for values in columns.values()), sep="")
    if len(table) > 2 and len(rules) > 2:
        print(f"Friedman's test that all ranks are chance: p = {friedmanchisquare(*table.T).pvalue:.2g}")
    for j, rule in enumerate(rules[1:], 1):
        gap = 100 * (table[:, 0] - table[:, j])
        error = gap.std(ddof=1) / np.sqrt(len(gap)) if len(gap) > 1 else np.nan
        print(f"{rules[0]} less {rule:16s}{gap.mean():+6.2f} +- {error:.2f} points, ahead on {np.sum(gap > 0)}, behind on {np.sum(gap < 0)}")


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--data", type=Path, default=os.environ.get("DEEPLIMIT_DATA"), help="folder with uci/ (or DEEPLIMIT_DATA)")
    ask.add_argument("--out", type=Path, default=Path("uci.jsonl"))
    ask.add_argument("--sets", nargs="*", help="names; default all")
    ask.add_argument("--jobs", type=int, default=1)
    ask.add_argument("--tables", action="store_true", help="only show what is there")
    given = ask.parse_args()

    done: dict[tuple[str, str], float] = {}
    if given.out.exists():
        text = given.out.read_text()
        whole = text[: text.rfind("\n") + 1]
        if whole != text and not given.tables:
            given.out.write_text(whole)  # a line that was being written when somebody pulled the plug
        for line in whole.splitlines():
            row = json.loads(line)
            done[row["set"], row["rule"]] = row["accuracy"]

    if not given.tables:
        if given.data is None or not (Path(given.data) / "uci").is_dir():
            ask.error("there is no folder uci in --data (or DEEPLIMIT_DATA)")
        folders = [f for f in (Path(given.data) / "uci").iterdir() if (f / "kfold4.txt").exists()]
        if given.sets:
            missing = set(given.sets) - {f.name for f in folders}
            if missing:
                ask.error(f"no such sets: {', '.join(sorted(missing))}")
            folders = [f for f in folders if f.name in given.sets]
        folders.sort(key=lambda f: ((f / f"{f.name}.csv").stat().st_size, f.name))
        work = [(f, rule) for f in folders for rule in RULES if (f.name, rule) not in done]
        if given.jobs > 1:
            dl.set_num_threads(1)
        run(work, given.out, given.jobs, done)

    names = sorted({s for s, _ in done})
    whole = [s for s in names if all((s, rule) in done for rule in RULES)]
    if whole:
        show(list(RULES), np.array([[done[s, rule] for rule in RULES] for s in whole]))


def one(folder: Path, rule: str) -> dict[str, Any]:
    return accuracy(read(folder), rule)


def run(work: list[tuple[Path, str]], out: Path, jobs: int, done: dict[tuple[str, str], float]) -> None:
    """All of it, one line at a time; the file is complete up to its last line at any moment."""
    from joblib import Parallel, delayed

    weight = {f: (f / f"{f.name}.csv").stat().st_size ** 1.5 for f, _ in work}
    total, made, start = sum(weight[f] for f, _ in work), 0.0, time.perf_counter()
    sizes = {f.name: w for f, w in weight.items()}
    with out.open("a") as file:
        for n, row in enumerate(Parallel(n_jobs=jobs, return_as="generator_unordered")(delayed(one)(*item) for item in work), 1):
            file.write(json.dumps(row) + "\n")
            file.flush()
            done[row["set"], row["rule"]] = row["accuracy"]
            made += sizes[row["set"]]
            left = (time.perf_counter() - start) * (total / made - 1)
            print(f"{n}/{len(work)}  {row['set']:32s}{row['rule']:16s}{100 * row['accuracy']:6.2f} %  {row['seconds']:7.1f} s"
                  f"   about {left / 60:.0f} min left", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
