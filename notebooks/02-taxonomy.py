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
# # The taxonomy of deep limits
#
# Train an infinitely wide network to the end and it is kernel regression with its neural tangent kernel (Jacot, Gabriel and Hongler 2018).
# Then let the depth $L$ go to infinity, too. What becomes of the classifier
#
# $$\hat y_L(x) = \operatorname{sign}\bigl(y\,K_L^{-1} K_L(X, x)\bigr)\,?$$
#
# Radhakrishnan, Belkin and Uhler (2022, arXiv 2204.14126; PNAS 2023) answered: nearly everything that one layer knows is forgotten, and what
# is left depends on a few Gaussian expectations of the activation $\varphi$. With $\varphi$ normalised, $E\,\varphi(Z)^2 = 1$,
#
# $$A = E\,\varphi(Z), \qquad A' = E\,\varphi'(Z), \qquad B' = E\,\varphi'(Z)^2, \qquad Z \sim N(0, 1).$$
#
# | | condition | the classifier at infinite depth |
# |---|---|---|
# | linear | $\varphi(z) = \pm z$ | regression with a linear kernel |
# | singular | $A = 0$, $A' \ne 0$ | a smoother with the kernel $R(u)/u^{\alpha}$ of the distance $u$ |
# | nearest neighbour | $A = A' = 0$ | the label of the nearest point |
# | chaotic | $A \ne 0$, $B' > 1$ | the majority vote |
# | edge of chaos | $A \ne 0$, $B' = 1$ | the majority vote |
# | ordered | $A \ne 0$, $B' < 1$ | an interpolant, *not* the majority vote |
#
# The last row is this project's (`docs/regimes.md` and below); the others are the paper's. This notebook computes a verdict for each row
# and then watches the classifiers become what the table says.

# %%
from fractions import Fraction

import matplotlib.pyplot as plt
import numpy as np

import deeplimit as dl
from deeplimit import _plot

plt.style.use(_plot.STYLE)
BLUE, RED, GREEN, PINK, ORANGE, SKY = plt.rcParams["axes.prop_cycle"].by_key()["color"]

# %% [markdown]
# ## Six verdicts
#
# A verdict says whether it is *proved*: inequalities are decided by enclosures, equalities such as $A = 0$ by structure (an odd function, a
# symbolic integral), never by "it is less than 1e-12".

# %%
rows = {
    "linear": "identity",
    "singular": "sin(x)",
    "nearest-neighbour": "x^2-1",
    "chaotic": "gelu",
    "edge-of-chaos": "relu",
    "ordered": "sigmoid",
}
verdicts = {name: dl.classify(phi) for name, phi in rows.items()}
for name, verdict in verdicts.items():
    assert verdict.proved and name in (verdict.regime, verdict.phase)
    print(verdict)

# %% [markdown]
# ## Why: a map of the interval
#
# One layer maps the correlation $\rho$ of two inputs to $\check\varphi(\rho) = E\,\varphi(U)\varphi(V)$, the *dual activation* (Daniely, Frostig
# and Singer 2016), where $(U, V)$ is Gaussian with correlation $\rho$. With Hermite coefficients $a_n$ it is the power series
#
# $$\check\varphi(\rho) = \sum_n a_n^2 \rho^n, \qquad \check\varphi(0) = A^2, \qquad \check\varphi'(0) = A'^2, \qquad \check\varphi(1) = 1, \qquad \check\varphi'(1) = B'.$$
#
# Depth is iteration of this convex increasing map. The table above is then the list of what a convex increasing map of
# $[0, 1]$ with $\check\varphi(1) = 1$ can do: is 1 repelling ($B' > 1$), and if so, where is the fixed point that attracts, and how fast?
# Red: a correlation on its way through the layers.

# %%
grid = np.linspace(0, 1, 41)
STEPS = 14
fig, axes = plt.subplots(2, 3, figsize=(7.2, 5.0), sharex=True, sharey=True)
for ax, (name, phi) in zip(axes.flat, rows.items()):
    layer = dl.Kernel(phi, 1, kind="nngp")
    start = 0.9 if float(verdicts[name].mean) == 0 else 0.1
    curve, way = layer.at(grid), [start]
    for _ in range(STEPS):
        way.append(float(layer.at(way[-1])))
    ax.plot([0, 1], [0, 1], color="0.55", lw=0.8)
    ax.plot(grid, curve, color=BLUE)
    ax.plot(np.repeat(way, 2)[:-1], np.r_[start, np.repeat(way[1:], 2)], color=RED, lw=0.8)
    ax.plot(start, start, "o", color=RED, ms=3.5)
    ax.set_title(f"{name}:  {phi}")
    ax.set_aspect("equal")
    assert np.all(np.diff(curve, 2) >= -1e-12) and abs(curve[-1] - 1) < 1e-12  # convex, and 1 stays 1
    assert abs(curve[0] - float(verdicts[name].mean) ** 2) < 1e-12             # A^2 at 0
for ax in axes[1]:
    ax.set_xlabel("correlation in a layer")
for ax in axes[:, 0]:
    ax.set_ylabel("in the next layer")
plt.show()

# %% [markdown]
# $A = 0$ and $\varphi$ not linear force $B' > 1$: from $\sum_{n\ge1} a_n^2 = 1$ follows $B' = \sum_n n\,a_n^2 > 1$. So with $A = 0$ correlations
# always die, to 0, and how they die ($A'^{2L}$, or doubly exponentially) is all that the classifier can see. With $A \ne 0$ all pairs
# look alike in the end, whether at $c^* < 1$ or at 1.
#
# ## A map of the taxonomy
#
# Put all that is not in $a_0, a_1$ into degree 2: $\varphi = A + A' h_1 + \sqrt{1 - A^2 - A'^2}\,h_2$. Then $B' = A'^2 + 2(1 - A^2 - A'^2)$ and
# the edge of chaos is the ellipse $2A^2 + A'^2 = 1$. The points are verdicts of the library at random rational places; their colours are not told of the ellipse.

# %%
rng = np.random.default_rng(2)
COLOURS = {"singular": BLUE, "nearest-neighbour": GREEN, "chaotic": RED, "edge-of-chaos": "k", "ordered": ORANGE, "linear": PINK}


def kind(verdict):
    """The phase of a majority vote, the regime otherwise."""
    return verdict.phase if verdict.regime == "majority" else verdict.regime


def plane(a, b):
    """The verdict on a + b h_1 + c h_2 for rational a and b."""
    rest = 1 - a * a - b * b
    text = f"{a}+({b})*x+sqrt({rest})*hermite(2, x)" if rest else f"{a}+({b})*x"
    return kind(dl.classify(text))


points = []
while len(points) < 160:
    a, b = (Fraction(int(k), 100) for k in rng.integers(1, 100, 2))
    if a * a + b * b < 1:
        points.append((a, b))
points += [(Fraction(0), Fraction(k, 10)) for k in range(11)]
kinds = [plane(a, b) for a, b in points]
for (a, b), found in zip(points, kinds):
    if a == 0:
        expected = "nearest-neighbour" if b == 0 else "linear" if b == 1 else "singular"
    else:
        side = 2 * a * a + b * b - 1
        expected = "ordered" if side > 0 else "chaotic" if side < 0 else "edge-of-chaos"
    assert found == expected, (a, b, found, expected)

catalogue = [name for name in dl.activations() if name not in ("leaky_relu", "prelu", "hermite", "optimal", "elu", "celu", "squareplus", "snake", "identity")]
catalogue += ["tanh", "sin(x)", "erf(x)", "x^2-1", "x^2", "abs(x)", "exp(x)", "cos(x)", "max(x-1/2, 0)", "x^3"]
known = {name: dl.classify(name) for name in catalogue}
print(sum(v.proved for v in known.values()), "of", len(known), "verdicts on the catalogue are proved")

# %%
fig, (left, right) = plt.subplots(1, 2, figsize=(7.2, 3.3), width_ratios=[1, 1.25])
angle = np.linspace(0, np.pi / 2, 200)
left.plot(np.cos(angle), np.sin(angle), color="0.55", lw=0.8)
left.plot(np.cos(angle) / np.sqrt(2), np.sin(angle), color="k", lw=0.9)
for name, colour in COLOURS.items():
    these = np.array([[float(a), float(b)] for (a, b), k in zip(points, kinds) if k == name])
    if len(these):
        on_axis = name in ("singular", "nearest-neighbour", "linear")
        left.plot(*these.T, "o", color=colour, ms=5 if on_axis else 3, clip_on=False, ls="none", zorder=3)
left.set(aspect="equal", xlim=(0, 1), ylim=(0, 1), xlabel="$A$", ylabel="$A'$", title=r"$A + A'h_1 + \sqrt{1-A^2-A'^2}\,h_2$")
handles = [plt.Line2D([], [], marker="o", ls="none", ms=4, color=colour, label=name) for name, colour in COLOURS.items()]
fig.legend(handles=handles, ncols=6, loc="outside lower center", columnspacing=1.2, handletextpad=0.1, fontsize=8.5)

for name, verdict in known.items():
    if verdict.slope is None or not np.isfinite(float(verdict.slope)):
        continue
    x, y = float(verdict.slope), abs(float(verdict.mean))
    right.plot(x, y, "o", color=COLOURS[kind(verdict)], ms=4, clip_on=False, zorder=4 if x == 1 else 3)
right.axvline(1, color="k", lw=0.9)
right.set(xscale="log", xlabel="$B'$", ylabel="$|A|$", ylim=(0, 1), title="activations in use")
shown = {"sigmoid": (6, 0), "softplus": (6, 0), "relu": (-22, -1), "exp(x)": (-33, 0), "abs(x)": (6, 2), "x^2": (6, 3), "gelu": (-3, 8),
         "silu": (7, -2), "tanh": (-6, 9), "x^3": (-12, 9), "x^2-1": (-3, 9), "cos(x)": (-14, -10)}
for name, shift in shown.items():
    v = known[name]
    right.annotate(name, (float(v.slope), abs(float(v.mean))), shift, textcoords="offset points", fontsize=8, va="center")
right.set_xticks([0.2, 0.5, 1, 2, 3], ["0.2", "0.5", "1", "2", "3"])
right.minorticks_off()
plt.show()

# %% [markdown]
# An activation with $A \ne 0$ becomes one with $A = 0$ by subtracting a number, and by that alone leaves the majority vote for a
# singular kernel. This is why the paper's remedy is so cheap.

# %%
for name in ("relu", "gelu", "sigmoid"):
    centred = dl.Activation(name).centred().classify()
    print(f"{name:8s} {known[name].words.split(': ', 1)[1]}\n   minus its mean: {centred.words.split(': ', 1)[1]}")
    assert centred.regime == "singular"

# %% [markdown]
# ## Watching the classifiers
#
# Seven points on a quarter of the circle, so that $\rho \ge 0$ as the theorems want it: four of one class, three of the other. Each row
# is kernel regression with the tangent kernel at one depth, coloured by the class that it gives to each of 121 directions; the last row is
# the classifier of the table. In the ordered regime the matrix is constant up to $L B'^L$, which is $10^{-7}$ at depth 10, and what is left of doubles is not
# enough to invert it: there the kernel is asked for in 30 digits and the seven equations are solved in fractions, without rounding.
# ($x^2-1$ begins at depth 3: before, its kernel is a polynomial of degree below 7 and cannot fit seven points on a circle.)

# %%
N = 120
place = [5, 22, 35, 50, 69, 84, 110]
label = [1, 1, -1, 1, -1, -1, 1]
near = np.array([[abs(i - j) for i in place] for j in range(N + 1)])
rho = np.cos(np.arange(N + 1) * np.pi / (2 * N))


def solve(matrix, rhs):
    """Gauss and Jordan, in fractions."""
    rows = [list(row) + [b] for row, b in zip(matrix, rhs)]
    for k in range(len(rows)):
        pivot = max(range(k, len(rows)), key=lambda r: abs(rows[r][k]))
        rows[k], rows[pivot] = rows[pivot], rows[k]
        rows[k] = [x / rows[k][k] for x in rows[k]]
        for r in range(len(rows)):
            if r != k and rows[r][k]:
                factor = rows[r][k]
                rows[r] = [x - factor * y for x, y in zip(rows[r], rows[k])]
    return [row[-1] for row in rows]


def classes(phi, depth, digits=None):
    """What regression with T_depth says along the arc."""
    if digits is None:
        kernel = dl.Kernel(phi, depth).at(rho)
        weights = np.linalg.solve(kernel[np.abs(np.subtract.outer(place, place))], label)
        return np.where(kernel[near] @ weights > 0, 1, -1)
    kernel = [value.ntk.midpoint for value in dl.Network(phi).values(depth, rho, digits=digits)]
    weights = solve([[kernel[abs(i - j)] for j in place] for i in place], label)
    return [1 if sum(w * kernel[k] for w, k in zip(weights, row)) > 0 else -1 for row in near]


def limit_classes(name, phi):
    """What the table says."""
    if name == "nearest-neighbour":
        return np.array(label)[near.argmin(1)]
    if name in ("chaotic", "edge-of-chaos"):
        out = np.full(N + 1, np.sign(sum(label)))
        out[place] = label  # at the points themselves it interpolates
        return out
    table = dl.limit(phi, rho[1:], digits=30)
    if name == "singular":
        h = np.r_[np.inf, [float(x) for x in table["limit"]]]
        out = np.array([np.sign(np.dot(label, h[row])) if row.all() else label[row.argmin()] for row in near])
        return out
    # ordered: sign(b + sum w_i g(1 - rho_i)) with sum w_i = 0
    g = [Fraction(0)] + [x.midpoint for x in table["function"]]
    matrix = [[g[abs(i - j)] for j in place] + [Fraction(1)] for i in place] + [[Fraction(1)] * 7 + [Fraction(0)]]
    *w, b = solve(matrix, label + [0])
    return [1 if b + sum(x * g[k] for x, k in zip(w, row)) > 0 else -1 for row in near]


plan = {
    "singular": [1, 3, 10, 30, 100, 1000],
    "nearest-neighbour": [3, 4, 5, 6, 8],
    "chaotic": [1, 3, 10, 30, 100, 1000],
    "edge-of-chaos": [1, 10, 100, 1000, 10000],
    "ordered": [1, 3, 10],
}
pictures = {}
for name, depths in plan.items():
    digits = 30 if name == "ordered" else None
    pictures[name] = np.array([classes(rows[name], depth, digits) for depth in depths] + [limit_classes(name, rows[name])])
    agree = [np.mean(row == pictures[name][-1]) for row in pictures[name][:-1]]
    print(f"{name:18s}", "  ".join(f"L={depth}: {share:.0%}" for depth, share in zip(depths, agree)), "as the limit")
    assert agree[-1] > 0.95, name

# %%
from matplotlib.colors import ListedColormap

fig, axes = plt.subplots(len(plan), 1, figsize=(6.6, 6.4), sharex=True)
for ax, (name, picture) in zip(axes, pictures.items()):
    depths = [f"{depth}" for depth in plan[name]] + [r"$\infty$"]
    edges = np.r_[np.arange(len(depths)), len(depths) - 1 + 0.25, len(depths) + 0.25]
    body = np.vstack([picture[:-1], np.zeros((1, N + 1)), picture[-1:]])
    ax.pcolormesh((np.arange(N + 2) - 0.5) * 90 / N, edges, body, cmap=ListedColormap(["#e9a27c", "none", "#7fb2d6"]), vmin=-1, vmax=1, rasterized=True)
    for p, c in zip(place, label):
        ax.plot(p * 90 / N, -0.55, "o", color=BLUE if c > 0 else RED, ms=4, clip_on=False)
    ax.set_yticks(np.r_[np.arange(len(depths) - 1) + 0.5, len(depths) - 0.25], depths)
    ax.set_ylim(len(depths) + 0.25, 0)
    ax.tick_params(length=0, labelsize=7.5)
    ax.spines[:].set_visible(False)
    ax.set_title(f"{name}:  {rows[name]}", pad=10)
    ax.set_ylabel("$L$", rotation=0, labelpad=8)
axes[-1].set_xlabel("direction, degrees")
axes[-1].set_xticks([0, 15, 30, 45, 60, 75, 90])
plt.show()

# %% [markdown]
# Deep, these are five different machines. In the majority regimes what is left
# of the minority are the slits at its own points. In the ordered regime the kernel matrix tends to a constant matrix, diagonal included, and yet its
# regression converges: with $g$ the Koenigs function at the fixed point 1, $g(1-\rho) = \lim (1 - S_L)/B'^L$,
#
# $$T_L = \frac{1}{1-B'} - \text{const}\cdot L B'^L\, g(1-\rho) + O(B'^L) \quad\Longrightarrow\quad \hat y_\infty(x) = \operatorname{sign}\Bigl(b + \sum_i w_i\, g(1 - x\cdot x_i)\Bigr), \quad \sum_i w_i = 0,$$
#
# an interpolant with a conditionally definite kernel. The majority comes back only with a ridge.
#
# And at depth 1 there is hardly a difference between the sine, the GELU and the sigmoid:

# %%
shallow = np.array([pictures[name][0] for name in ("singular", "chaotic", "ordered")])
print(f"at depth 1 all three agree on {np.mean(np.ptp(shallow, axis=0) == 0):.0%} of the directions")
assert np.mean(np.ptp(shallow, axis=0) == 0) > 0.9

# %% [markdown]
# The numbers of the paper itself, measured:

# %%
from deeplimit import papers

findings = papers.check("radhakrishnan2022")
for verdict in sorted({f.verdict for f in findings}):
    print(verdict, sum(f.verdict == verdict for f in findings))
