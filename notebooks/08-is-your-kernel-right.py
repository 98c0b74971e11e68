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
# # Is your kernel right?
#
# You have written a kernel of wide networks, or taken one from a library. Plots look fine, the classifier classifies. A factor of two in a derivative looks fine, too. This notebook has **laws** that every right kernel satisfies,
# each a few lines that need nothing but your functions; ten kernels with an error planted in each; and a **referee**, certified values with a proved radius, who has seen none of the formulas.
#
# The formulas of the candidates are those of the papers, as libraries like neural-tangents use them (Novak et al. 2020), written out here: the arc-cosine kernels of the ReLU (Cho and Saul 2009), the arcsine kernel of
# the error function (Williams 1997), the tangent kernel's recursion (Jacot, Gabriel and Hongler 2018), the convolutional one (Arora et al. 2019).

# %%
import matplotlib.pyplot as plt
import numpy as np

import deeplimit as dl
from deeplimit import _plot

plt.style.use(_plot.STYLE)
BLUE, RED, GREEN, PINK, ORANGE, SKY = plt.rcParams["axes.prop_cycle"].by_key()["color"]


class ReLU:
    """An implementation: the dual, the dual of the derivative, and two recursions. This one is meant to be right."""

    activation, dtype, words = "relu", np.float64, "right"

    def dual(self, rho):
        angle = np.arccos(rho)
        return (np.sqrt(1 - rho * rho) + (self.dtype(np.pi) - angle) * rho) / self.dtype(np.pi)

    def slope(self, rho):
        return (self.dtype(np.pi) - np.arccos(rho)) / self.dtype(np.pi)

    def nngp(self, depth, rho):
        for _ in range(depth):
            rho = self.dual(rho)
        return rho

    def ntk(self, depth, rho):
        S = T = rho
        for _ in range(depth):
            S, T = self.dual(S), T * self.slope(S) + self.dual(S)
        return T

    def cosines(self, X):
        """Correlations of rows, in the arithmetic of this implementation."""
        X = X.astype(self.dtype)
        X = X / np.sqrt((X * X).sum(1, keepdims=True))
        return np.clip(np.sum(X[:, None] * X[None], axis=2), -1, 1)


class Erf(ReLU):
    activation, words = "erf", "right"

    def dual(self, rho):
        return np.arcsin(2 * rho / 3) / np.arcsin(2 / 3)

    def slope(self, rho):
        return 2 / 3 / np.sqrt(1 - 4 * rho * rho / 9) / np.arcsin(2 / 3)


# %% [markdown]
# ## The laws
#
# $\varphi$ normalised to $E\,\varphi(Z)^2 = 1$, $\check\varphi(\rho) = E\,\varphi(U)\varphi(V) = \sum_n p_n\rho^n$ with $p_n = a_n^2$, $a_n$ the Hermite coefficients. $S_L$ is the NNGP kernel, $T_L$ the tangent kernel, $S_0 = T_0 = \rho$.
#
# 1. **unit**: $\sum_n p_n = \check\varphi(1) = 1$. *A layer keeps the variance.*
# 2. **positive**: $p_n \ge 0$. By Schoenberg (1942) that is: positive definite on all spheres. Tested on the one in three dimensions, where the coefficients are integrals against Legendre polynomials: stable in floating point, as derivatives at 0 are not.
# 3. **slope**: $\check\varphi' = $ the dual of $\varphi'$ (Price 1958), tested as $\check\varphi(b) - \check\varphi(a) = \int_a^b E\,\varphi'(U)\varphi'(V)\,d\rho$: no differences of rounded numbers.
# 4. **semigroup**: $S_{a+b} = S_a\circ S_b$.
# 5. **cocycle**: $T_{a+b} = T_a(S_b) + S_a'(S_b)\,(T_b - S_b)$. *The first $b$ layers enter as what comes in and how it is trained.*
# 6. **diagonal**: $T_L(1) = \sum_{j=0}^L B'^j$, $B' = \check\varphi'(1)$, tested on real rows, whose product with themselves is rounded.
# 7. **first layer**: $T_1 = \check\varphi + \rho\,\check\varphi'$. *The second weights trained, plus the first.*
# 8. **Gram**: the matrix of rows, close ones among them, is symmetric and has no negative eigenvalue.
#
# Each returns by how much it is violated. One tolerance for all: five digits.

# %%
TOLERANCE = 1e-5
nodes, weights = np.polynomial.legendre.leggauss(60)
rows = np.random.default_rng(11).normal(size=(40, 5))
rows = np.r_[rows, rows[:10] + 1e-3 * np.random.default_rng(12).normal(size=(10, 5))]


def unit(k):
    return abs(k.dual(k.dtype(1)) - 1)


def positive(k):
    values = k.dual(nodes.astype(k.dtype)).astype(float)
    coefficients = [(2 * n + 1) / 2 * np.sum(weights * values * np.polynomial.legendre.Legendre.basis(n)(nodes)) for n in range(10)]
    return max(0, -min(coefficients))


def slope(k):
    off = []
    for a, b in ((-0.9, -0.3), (-0.3, 0.4), (0.4, 0.95)):
        middle = (a + b) / 2 + (b - a) / 2 * nodes
        integral = (b - a) / 2 * np.sum(weights * k.slope(middle.astype(k.dtype)))
        off.append(abs(float(k.dual(k.dtype(b))) - float(k.dual(k.dtype(a))) - integral))
    return max(off)


INSIDE = np.linspace(-0.9, 0.95, 38)


def semigroup(k):
    rho = INSIDE.astype(k.dtype)
    return np.abs(k.nngp(5, rho) - k.nngp(2, k.nngp(3, rho))).max()


def cocycle(k):
    rho = INSIDE.astype(k.dtype)
    S, T = k.nngp(3, rho), k.ntk(3, rho)
    chain = k.slope(k.dual(S)) * k.slope(S)
    whole = k.ntk(5, rho)
    return np.abs(whole - k.ntk(2, S) - chain * (T - S)).max() / np.abs(whole).max()


def diagonal(k):
    slope_at_one = float(k.slope(k.dtype(1)))
    rho = np.diag(k.cosines(rows))
    sums = {depth: sum(slope_at_one**j for j in range(depth + 1)) for depth in (1, 2, 5, 20)}
    return max(np.abs(k.ntk(depth, rho) / expected - 1).max() for depth, expected in sums.items())


def first(k):
    rho = INSIDE.astype(k.dtype)
    return np.abs(k.ntk(1, rho) - k.dual(rho) - rho * k.slope(rho)).max()


def gram(k):
    K = k.ntk(3, k.cosines(rows)).astype(float)
    if not np.isfinite(K).all():
        return np.inf
    scale = np.trace(K) / len(K)
    return max(np.abs(K - K.T).max(), -np.linalg.eigvalsh((K + K.T) / 2)[0]) / scale


LAWS = [unit, positive, slope, semigroup, cocycle, diagonal, first, gram]

# %% [markdown]
# ## The referee
#
# `dl.Network.values` gives enclosures: a value and a radius that is proved. It knows the activation and none of the formulas above. Its verdict is the distance beyond the radius, at depth 1 and 5, on correlations that are exact and on rows with themselves.

# %%
POINTS = [-0.75, -0.25, 0.0, 0.5, 0.875, 1 - 2**-22, 1.0]  # exact in float32, too
certified = {}


def referee(k):
    off = 0.0
    for depth in (1, 5):
        key = k.activation, depth
        if key not in certified:
            certified[key] = dl.Network(k.activation).values(depth, POINTS)
        for rho, row in zip(POINTS, certified[key]):
            for mine, true in ((k.nngp, row.nngp), (k.ntk, row.ntk)):
                # 1 is what rows have with themselves, so that is what is asked
                got = np.asarray(mine(depth, np.diag(k.cosines(rows)) if rho == 1 else k.dtype(rho)), dtype=float)
                if not np.isfinite(got).all():
                    return np.inf
                # relative, where the value is not small
                off = max(off, (np.abs(got - float(true)).max() - float(true.radius)) / max(abs(float(true)), 0.1))
    return off


for k in (ReLU(), Erf()):
    found = {law.__name__: float(law(k)) for law in LAWS}
    print(k.activation, {name: f"{v:.0e}" for name, v in found.items()}, f"referee {referee(k):.0e}")
    assert all(v < TOLERANCE for v in found.values()) and referee(k) < TOLERANCE
p = [float(a) ** 2 for a in dl.hermite("relu", 40)]
assert min(p) >= 0 and 0.999 < sum(p) < 1  # what the first two laws are about, certified

# %% [markdown]
# Both right ones pass, to rounding. (The diagonal of the ReLU has but eight digits: hold that thought.)
#
# ## Ten errors
#
# Each has been made by somebody. Before you read on, guess which law finds which.

# %%
class ForgottenTwo(ReLU):
    words = "half a slope: 2 E[step step] without the 2"
    found_by = slope

    def slope(self, rho):
        return super().slope(rho) / 2


class NotNormalised(Erf):
    words = "arcsine kernel as printed: (2/pi) asin(2 rho/3)"
    found_by = unit

    def dual(self, rho):
        return 2 / np.pi * np.arcsin(2 * rho / 3)

    def slope(self, rho):
        return 4 / (3 * np.pi) / np.sqrt(1 - 4 * rho * rho / 9)


class WrongConstant(Erf):
    words = "arcsine kernel with 2 rho/3 in the dual, rho/2 in the slope"
    found_by = slope

    def slope(self, rho):
        return 2 / 3 / np.sqrt(1 - rho * rho / 4) / np.arcsin(2 / 3)


class OverCentred(ReLU):
    words = "centred by 0.4, where p_0 is 1/pi"
    found_by = positive

    def dual(self, rho):
        return (super().dual(rho) - 0.4) / 0.6

    def slope(self, rho):
        return super().slope(rho) / 0.6

    def nngp(self, depth, rho):
        for _ in range(depth):
            rho = np.clip(self.dual(rho), -1, 1)
        return rho


class OneTooFew(ReLU):
    words = "range(1, depth): one layer too few from depth 2 on"
    found_by = semigroup

    def nngp(self, depth, rho):
        return super().nngp(max(1, depth - 1), rho)


class StartsAtZero(ReLU):
    words = "the tangent kernel starts with 0: first layer not trained"
    found_by = first

    def ntk(self, depth, rho):
        return super().ntk(depth, rho) - rho * self.chain(depth, rho)

    def chain(self, depth, rho):
        product = 1
        for _ in range(depth):
            rho, product = self.dual(rho), product * self.slope(rho)
        return product


class WrongBracket(ReLU):
    words = "(T + S) slope for T slope + S"
    found_by = first

    def ntk(self, depth, rho):
        S = T = rho
        for _ in range(depth):
            S, T = self.dual(S), (T + self.dual(S)) * self.slope(S)
        return T


class SlopeOneLate(ReLU):
    words = "slope at the new correlation, not at the old one"
    found_by = cocycle

    def ntk(self, depth, rho):
        S = T = rho
        for _ in range(depth):
            S = self.dual(S)
            T = T * self.slope(S) + S
        return T


class Single(ReLU):
    words = "float32 with the naive arccos"
    dtype = np.float32
    found_by = diagonal


class Quadrature(ReLU):
    words = "Gauss-Hermite quadrature, 25 nodes a side"
    found_by = slope
    x, w = np.polynomial.hermite_e.hermegauss(25)
    w = w / w.sum()

    def expectation(self, f, rho):
        rho = np.asarray(rho)[..., None, None]
        u, z = self.x[:, None], self.x[None, :]
        return 2 * np.sum(self.w[:, None] * self.w[None, :] * f(u) * f(rho * u + np.sqrt(np.maximum(1 - rho * rho, 0)) * z), axis=(-1, -2))

    def dual(self, rho):
        return self.expectation(lambda t: np.maximum(t, 0), rho)

    def slope(self, rho):
        return self.expectation(lambda t: np.where(t > 0, 1.0, 0.0), rho)


planted = [ForgottenTwo(), NotNormalised(), WrongConstant(), OverCentred(), OneTooFew(), StartsAtZero(), WrongBracket(), SlopeOneLate(), Single(), Quadrature()]
everybody = [ReLU(), Erf(), *planted]
table = np.array([[float(law(k)) for law in LAWS] for k in everybody])
verdicts = np.array([referee(k) for k in everybody])
ok = table < TOLERANCE  # NaN is not below anything
for k, row in zip(everybody[2:], ok[2:]):
    caught = [law.__name__ for law, fine in zip(LAWS, row) if not fine]
    print(f"{k.words:62s}{', '.join(caught)}")
    assert k.found_by.__name__ in caught, k.words
print("referee:", ", ".join(f"{v:.0e}" for v in verdicts))
assert ok[:2].all() and not ok[2:].all(1).any() and (verdicts[2:] > TOLERANCE).all()
assert set(np.flatnonzero((~ok).any(0))) == set(range(len(LAWS)))  # and no law stands idle

# %%
def matrix(ax, table, verdicts, everybody):
    """Decimal digits that are left, law by law."""
    digits = np.abs(np.log10(np.clip(np.c_[np.nan_to_num(table, nan=np.inf), verdicts], 1e-16, 1)))
    shown = np.insert(digits, len(LAWS), np.nan, axis=1)
    image = ax.imshow(shown, cmap="RdBu", vmin=0, vmax=10, aspect="auto")
    names = {"first": "first layer", "gram": "Gram"}
    ax.set_xticks([*range(len(LAWS)), len(LAWS) + 1], [names.get(law.__name__, law.__name__) for law in LAWS] + ["referee"], rotation=35, ha="left", fontsize=8)
    ax.xaxis.tick_top()
    ax.set_yticks(range(len(everybody)), [f"{k.activation}: {k.words}" for k in everybody], fontsize=8)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    for (i, j), v in np.ndenumerate(shown):
        if v < -np.log10(TOLERANCE):
            ax.text(j, i, f"{v:.1f}", ha="center", va="center", fontsize=7, color="w" if v < 3 else "0.2")
    for y in np.arange(len(everybody) - 1) + 0.5:
        ax.axhline(y, color="w", lw=1.5)
    for x in np.arange(len(LAWS) + 1) + 0.5:
        ax.axvline(x, color="w", lw=1.5)
    return image


fig, ax = plt.subplots(figsize=(7.2, 3.6))
image = matrix(ax, table, verdicts, everybody)
bar = fig.colorbar(image, ax=ax, shrink=0.7, pad=0.02)
bar.set_label("digits that hold", fontsize=8)
bar.ax.tick_params(labelsize=7, length=2)
bar.outline.set_visible(False)
plt.show()

# %% [markdown]
# No law finds everything, each finds something. *(T + S) slope* is the sly one: it keeps the diagonal (for the ReLU, $B' = 1$) and even the cocycle, as every recursion $T \mapsto T\check\varphi'(S) + g(S)$ does; only the first layer says which $g$.
# Together, **first layer** and **cocycle** leave no freedom: they are the recursion. The kernel centred by too much has a matrix without a negative eigenvalue all the same: fifty rows are a small sample of the sphere, and **positive** asks all of it.
# And the last row is what a library does with an activation that it has no formula for. Its dual is off by
#

# %%
off = np.abs(Quadrature().dual(INSIDE) - ReLU().dual(INSIDE)).max(), np.abs(Quadrature().slope(INSIDE) - ReLU().slope(INSIDE)).max()
print(f"{off[0]:.1e}, its slope by {off[1]:.1e}: a kink costs digits, a jump more of them")
assert 1e-4 < off[0] < off[1]

# %% [markdown]
# ## float32 and the arccos
#
# The dual of the ReLU has a derivative with a square root at $\rho = 1$: $\arccos(1-\varepsilon) \approx \sqrt{2\varepsilon}$. A product of a row with itself that is rounded to $1 - 6\cdot10^{-8}$ is an angle of $3\cdot10^{-4}$, and each layer makes it again. Against certified values, at correlations
# $1 - 2^{-k}$ that are exact in each arithmetic, so that only the formula can err:

# %%
DEPTH = 20
gaps = {np.float32: 2.0 ** -np.arange(1, 24), np.float64: 2.0 ** -np.arange(1, 53)}
truth = {g: row.ntk for g, row in zip(gaps[np.float64], dl.Network("relu").values(DEPTH, list(1 - gaps[np.float64])))}
fig, ax = plt.subplots(figsize=(5.0, 3.0))
worst = {}
compiled = dl.Kernel("relu", DEPTH)
for name, values, dtype, colour in (("float32, arccos", Single().ntk, np.float32, RED), ("float64, arccos", ReLU().ntk, np.float64, ORANGE), ("deeplimit's compiled kernel", lambda _, r: compiled.at(r), np.float64, BLUE)):
    got = np.array([float(values(DEPTH, dtype(1) - dtype(g))) for g in gaps[dtype]])
    exact = np.array([float(truth[g]) for g in gaps[dtype]])
    off = np.abs(got / exact - 1)
    worst[name] = off.max()
    print(f"{name:28s} largest error {worst[name]:.1e}")
    ax.loglog(gaps[dtype], np.maximum(off, 1e-16), "o-", color=colour, ms=2.5, lw=1)
    place = 15 if dtype is np.float32 else 22 if "arccos" in name else 36
    ax.annotate(name, (gaps[dtype][place], max(off[place], 1e-16)), (0, 9), textcoords="offset points", color=colour, ha="right" if place == 22 else "center")
ax.set(xlabel=r"$1-\rho$", ylabel=f"relative error of $T_{{{DEPTH}}}$", ylim=(5e-17, 1))
ax.invert_xaxis()
plt.show()
assert max(float(t.radius) / float(t) for t in truth.values()) < 1e-14  # the referee is certain of what it says
assert worst["float32, arccos"] > 1e-4 > 1e-6 > worst["float64, arccos"] > 10 * worst["deeplimit's compiled kernel"]

# %% [markdown]
# ## One pixel
#
# A law for convolutional kernels: on images of one pixel a filter of $3\times3$ with zero padding has one entry that sees anything, so with the normalisation of Arora et al. (each layer over $q^2 = 9$)
#
# $$9^L\; \mathrm{CNTK}_L(x, x') = |x|\,|x'|\;T_L(\rho).$$
#
# An implementation with the ReLU and without pooling, and two errors to plant: a slope without its ninth, and the window over $\Theta$ forgotten.

# %%
relu = ReLU()


def cntk(x, y, depth, error=None):
    """Images of (height, width, channels)."""

    def windows(S):
        P = np.pad(S, 1)
        h, w = S.shape[:2]
        return sum(P[a : a + h, b : b + w, a : a + h, b : b + w] for a in range(3) for b in range(3))

    own = lambda S: np.einsum("ijij->ij", S)
    S, left, right = (windows(np.einsum("ijc,klc->ijkl", *pair)) for pair in ((x, y), (x, x), (y, y)))
    T = S
    for l in range(depth):
        lengths = np.sqrt(own(left)[:, :, None, None] * own(right))
        rho = np.clip(S / lengths, -1, 1)
        K, slope = lengths * relu.dual(rho) / 9, relu.slope(rho) / (1 if error == "no ninth" else 9)
        T = slope * T + K
        if l < depth - 1:
            T = T if error == "no window" else windows(T)
            S, left, right = windows(K), *(windows(np.sqrt(np.einsum("ij,kl->ijkl", own(z), own(z))) * relu.dual(np.clip(z / np.sqrt(np.einsum("ij,kl->ijkl", own(z), own(z))), -1, 1)) / 9) for z in (left, right))
    return np.einsum("ijij->", T)


rng = np.random.default_rng(4)
a, b = rng.normal(size=(2, 1, 1, 3))
lengths = np.linalg.norm(a) * np.linalg.norm(b)
big = rng.normal(size=(2, 5, 4, 3))
cosine = float((a * b).sum() / lengths)
for error in (None, "no ninth", "no window"):
    law = max(abs(9.0**depth * cntk(a, b, depth, error) / (lengths * dl.Kernel("relu", depth).at(cosine)) - 1) for depth in (1, 3))
    truth = dl.cntk(big, depth=3, pooling=False)[0, 1]
    off = abs(cntk(*big, 3, error) / truth - 1)
    print(f"{error or 'right':10s} law of one pixel {law:.0e}   distance from deeplimit on 5 x 4 pixels {off:.0e}")
    assert (law < 1e-9) == (error != "no ninth") and (off < 1e-9) == (error is None)

# %% [markdown]
# The forgotten window passes: one pixel has no neighbours to forget. A law that was tested on too small a case is no law.
#
# ## What no law can see
#
# All laws say that the kernel belongs to *some* activation. Somebody says "GELU" and means the quick one, $x/(1+e^{-1.702x})$, or the one with tanh:

# %%
class Compiled(ReLU):
    """The dual of an expression, and that of its derivative, compiled apart: right, but of an activation that is not the one it says."""

    activation = "gelu"

    def __init__(self, words, phi, derivative):
        self.words = words
        self.dual = dl.Kernel(phi, 1, kind="nngp").at
        first, times = dl.Kernel(derivative, 1, kind="nngp"), float(dl.classify(phi).slope)
        self.slope = lambda rho: times * first.at(rho)


QUICK, TANH = "sigmoid(1.702*x)", "tanh(sqrt(2/pi)*(x+0.044715*x^3))"
imposters = [
    Compiled("right", "gelu", "(1+erf(x/sqrt(2)))/2 + x*exp(-x^2/2)/sqrt(2*pi)"),
    Compiled("the quick one", f"x*{QUICK}", f"{QUICK} + 1.702*x*{QUICK}*(1-{QUICK})"),
    Compiled("the one with tanh", f"x/2*(1+{TANH})", f"(1+{TANH})/2 + x/2*(1-{TANH}^2)*sqrt(2/pi)*(1+3*0.044715*x^2)"),
]
table = np.array([[float(law(k)) for law in LAWS] for k in imposters])
verdicts = np.array([referee(k) for k in imposters])
for k, row, verdict in zip(imposters, table, verdicts):
    print(f"{k.words:20s} worst law {row.max():.0e}, referee {verdict:.0e}")
assert (table < TOLERANCE).all()  # all of them are kernels
assert verdicts[0] < 1e-9 and verdicts[1] > 1e-3 and 1e-9 < verdicts[2] < verdicts[1]

fig, ax = plt.subplots(figsize=(7.2, 1.7))
matrix(ax, table, verdicts, imposters)
plt.show()

# %% [markdown]
# The laws are a passport: this is a kernel of wide networks, of any depth. Whose face it shows, only a value from somewhere else can say, and such a value should bring its error along:

# %%
value = dl.Network("gelu").values(5, "1/2", digits=30).ntk
print("T_5(1/2) of the GELU:", value.value, "+-", value.radius)
for k in imposters:
    mine = float(k.ntk(5, np.float64(0.5)))
    print(f"{k.words:20s}{mine:.15f}  off by {abs(mine - float(value)):.0e}")
