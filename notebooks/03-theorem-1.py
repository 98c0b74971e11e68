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
# # Theorem 1, the log-periodic $R$, and why depth 100 is not infinity
#
# Theorem 1 of Radhakrishnan, Belkin and Uhler (2022, arXiv 2204.14126): let $\varphi$ be normalised, $A = E\,\varphi(Z) = 0$ and
# $A' = E\,\varphi'(Z) \ne 0$, not linear. Then the tangent kernel $T_L$ of a network of depth $L$ satisfies
#
# $$\lim_{L\to\infty} \frac{T_L(x, x')}{(L+1)\,A'^{2L}} = \frac{R(|x - x'|)}{|x - x'|^{\alpha}}, \qquad \alpha = -\frac{4 \log|A'|}{\log B'}, \qquad B' = E\,\varphi'(Z)^2,$$
#
# with $R$ bounded, and positive near 0. A kernel smoother with this singularity interpolates noisy labels and is consistent all the same if $\alpha$
# is the dimension (Devroye, Gyorfi and Krzyzak 1998). Two things stay in the shade: what $R$ is, and how deep "infinitely deep" must be.
# Both have clean answers.

# %%
import math

import matplotlib.pyplot as plt
import numpy as np

import deeplimit as dl
from deeplimit import _plot

plt.style.use(_plot.STYLE)
BLUE, RED, GREEN, PINK, ORANGE, SKY = plt.rcParams["axes.prop_cycle"].by_key()["color"]

# %% [markdown]
# ## The limit has a name
#
# Unit inputs at correlation $\rho$; one layer maps $\rho$ to $\check\varphi(\rho) = \sum_n a_n^2\rho^n$, and
# $S_L = \check\varphi(S_{L-1})$, $T_L = T_{L-1}\,\check\varphi'(S_{L-1}) + S_L$, $S_0 = T_0 = \rho$ (Jacot, Gabriel and Hongler 2018). With $A = 0$ the point 0
# is fixed, with multiplier $\lambda = A'^2$, and there is one function that straightens the map there (Koenigs 1884):
#
# $$h(\check\varphi(\rho)) = \lambda\, h(\rho), \qquad h'(0) = 1, \qquad h = \lim_L \lambda^{-L} \check\varphi^{\circ L}.$$
#
# That is the limit of Theorem 1: $R(u)/u^\alpha = h(\rho)$, $u^2 = 2(1-\rho)$. The singularity is no accident of a formula: near 1 one layer multiplies $1-\rho$ by $B'$ and
# $h$ by $\lambda$, so $h$ must be like $(1-\rho)^{-\alpha/2}$ with $B'^{-\alpha/2} = \lambda$.

# %%
PHI = "sin(x)"
verdict = dl.classify(PHI)
print(verdict)
slope, alpha = float(verdict.slope), float(verdict.alpha)
lam = float(verdict.mean_slope) ** 2
assert verdict.proved and abs(alpha - -2 * math.log(lam) / math.log(slope)) < 1e-13

rho = 0.75
image = dl.dual(PHI, rho)
table = dl.limit(PHI, [rho, image.midpoint])
h, h_image = (float(v) for v in table["limit"])
print(table.formula)
print(f"h(dual)/h = {h_image / h:.15f},  lambda = {lam:.15f}")
assert abs(h_image / h - lam) < 1e-13

# %% [markdown]
# ## How the limit is reached
#
# Beyond the theorem there is the next term,
#
# $$\frac{T_L}{(L+1)\lambda^L} = h(\rho) + \frac{C(\rho)}{L+1} + O(\lambda^L), \qquad C(\rho) = \sum_{j\ge0}\Bigl(\frac{S_j\,h'(S_j)}{\lambda^j} - h(\rho)\Bigr).$$
#
# So the ratio of the theorem is reached at the pace of $1/L$: slowly. The first difference of $T_L/\lambda^L$ gets there exponentially. And a kernel of depth
# $10^{12}$ costs no more than a shallow one.

# %%
depths = np.array([1, 2, 4, 8, 16, 32, 64, 128, 256, 512])
network = dl.Network(PHI)
row = dl.limit(PHI, [rho], digits=40).rows[0]
exact_h, exact_C = row.limit.midpoint, row.correction.midpoint
lam_exact = dl.limit(PHI, [rho], digits=60).multiplier.midpoint


def scaled(depth):
    """T_L / lambda^L as a fraction: 40 digits are asked for, so that differences keep 15."""
    return network.values(int(depth), rho, digits=60).ntk.midpoint / lam_exact**int(depth)


plain, corrected, difference = [], [], []
for L in depths:
    t = scaled(L)
    plain.append(abs(float(t / (int(L) + 1) / exact_h - 1)))
    corrected.append(abs(float((t - exact_C) / (int(L) + 1) / exact_h - 1)))
    difference.append(abs(float((t - scaled(L - 1)) / exact_h - 1)))
late = depths >= 64
assert np.allclose((np.array(plain) * (depths + 1))[late], abs(float(exact_C / exact_h)), rtol=0.01)
assert difference[-1] < 1e-14
print("C/h =", float(exact_C / exact_h), "; the error of the theorem's ratio at depth 512:", plain[-1])

huge = dl.Network(PHI).values(10**12, rho)
print("T at depth 10^12:", huge.ntk)

fig, ax = plt.subplots(figsize=(4.8, 2.9))
FLOOR = 1e-24
for values, colour, text in [(plain, BLUE, r"$T_L/(L{+}1)\lambda^L$"), (corrected, GREEN, r"the same less $C/(L{+}1)$"), (difference, RED, "first difference")]:
    values = np.array(values)
    keep = values > FLOOR
    ax.loglog(depths[keep], values[keep], "o-", color=colour, ms=3)
    ax.annotate(text, (depths[keep][-1], values[keep][-1]), (6, 0), textcoords="offset points", color=colour, va="center")
ax.set(xlabel="depth $L$", ylabel="relative distance from $h$", ylim=(FLOOR, 3), xlim=(0.9, 4000))
plt.show()

# %% [markdown]
# ## $R$ has no limit at 0
#
# Both equations together say that $R$ is a periodic function of $\log(1-\rho)$ with period $\log B'$, up to a vanishing error: the memory of the single layers. For the paper's
# optimal activation $2^{-d/4}h_3 + \sqrt{1-2^{1-d/2}}\,h_2 + 2^{-d/4}h_1$ at $d = 4$ the wave is invisible; for the sine with $\alpha = 8$ it is not small at all. Hence the theorem
# promises bounds on $R$ and no limit, and cannot promise more.

# %%
from deeplimit import design

sine8 = next(one for one in design.alpha(8) if "sin" in one.activation.expr).activation
waves = {"sine, $\\alpha = 8$": (sine8, RED), "optimal(4)": (dl.Activation("optimal(4)"), BLUE), "optimal(32)": (dl.Activation("optimal(32)"), GREEN)}
fig, ax = plt.subplots(figsize=(4.8, 2.9))
swing = {}
for name, (phi, colour) in waves.items():
    period = math.log(float(phi.classify().slope))
    first = math.ceil(80 / period)
    cycles = np.linspace(first, first + 3, 61)  # three periods, from 1 - rho = e^(-80) down: no double holds such a rho
    eps = [f"1-exp(-{float(c) * period!r})" for c in cycles]
    R = np.array([float(v) for v in phi.limit(eps)["R"]])
    swing[name] = R.max() / R.min() - 1
    assert np.allclose(R[:21], R[20:41], rtol=1e-9), name  # one period on, the same again
    ax.semilogy(cycles - first, R / np.exp(np.log(R).mean()), color=colour)
    ax.annotate(f"{name}: {swing[name]:.2g}", (3, R[-1] / np.exp(np.log(R).mean())), (6, 5 if name == "optimal(4)" else -3),
                textcoords="offset points", color=colour, va="center", annotation_clip=False)
    print(f"{name:20s} period log B' = {period:.4f}, R swings by a factor {1 + swing[name]:.9f}")
ax.set(xlabel=r"$-\log(1-\rho)/\log B'$, periods", ylabel="$R$ / its geometric mean", xlim=(0, 3))
ax.set_yticks([0.7, 1, 1.4], ["0.7", "1", "1.4"])
ax.minorticks_off()
plt.show()
assert swing["sine, $\\alpha = 8$"] > 1 and swing["optimal(4)"] < 1e-6

# %% [markdown]
# ## Why depth 100 is not infinity
#
# Near $\rho = 1$ the correction is more singular than what it corrects: $C/h$ grows like $1/(1-\rho)$. So at depth $L$ the kernel behaves as $u^{-\alpha}$ only down to $u \approx 1/\sqrt L$ (measured below: $2/\sqrt L$). Below that it is
# like $u^{-(\alpha+2)}$, until, at $1-\rho \approx B'^{-L}$, it ends at its finite value on the diagonal.
#
# The picture shows $-d\log T_L/d\log u$, the exponent that the kernel *acts* with, for optimal(2), whose limit has $\alpha = 2$.

# %%
PHI = "optimal(2)"
network = dl.Network(PHI)
alpha = float(dl.classify(PHI).alpha)
log_u = np.linspace(math.log(1e-9), math.log(1.0), 110)
rhos = [f"1-{math.exp(2 * x) / 2!r}" for x in log_u]
mid = np.exp((log_u[3:] + log_u[:-3]) / 2)  # differences over three steps


def log(number):
    """Of a number that may be outside of what doubles hold, even 10^(-10^11): from its digits."""
    digits, _, exponent = number.value.partition("e")
    return math.log(float(digits)) + int(exponent or 0) * math.log(10)


fig, ax = plt.subplots(figsize=(5.0, 3.1))
crossings = {}
colours = plt.cm.viridis(np.linspace(0.0, 0.85, 6))
for L, colour in zip([30, 100, 1000, 10**4, 10**6, 10**12], colours):
    values = np.array([log(v.ntk) for v in network.values(L, rhos)])
    exponent = -(values[3:] - values[:-3]) / (log_u[3:] - log_u[:-3])
    ax.semilogx(mid, exponent, color=colour, label=rf"$10^{{{round(math.log10(L))}}}$" if L != 30 else "30")
    if L >= 1000:
        inside = (mid < 0.3) & (mid > 30 * 2 ** (-L / 2) if L < 2000 else mid < 0.3)
        crossings[L] = np.exp(np.interp(-(alpha + 1), -exponent[inside], np.log(mid[inside])))
for level in (alpha, alpha + 2):
    ax.axhline(level, color="0.55", lw=0.7, zorder=0)
ax.annotate(r"$\alpha$", (1.15, alpha), annotation_clip=False, va="center")
ax.annotate(r"$\alpha+2$", (1.15, alpha + 2), annotation_clip=False, va="center")
ax.set(xlabel="distance $u$", ylabel="exponent of the kernel", ylim=(0, alpha + 2.6), xlim=(1e-9, 1))
ax.legend(title="depth", ncols=2, loc="lower left", columnspacing=1, handlelength=1.3)
plt.show()
for L, u in crossings.items():
    print(f"depth {L:>14,}: exponent alpha + 1 at u = {u:.2e}, u sqrt(L) = {u * math.sqrt(L):.2f}")
products = [u * math.sqrt(L) for L, u in crossings.items() if L > 1000 and u > 3e-9]
assert max(products) / min(products) < 1.3

# %% [markdown]
# ## What it means for data
#
# Of $n$ points in $d$ dimensions the nearest is at a distance of about $n^{-1/d}$. To decide as its limit does, the network must be in the range $u^{-\alpha}$ there: $L \gg d\,n^{2/d}$. Below, $n$ points at random on the octant of the sphere ($d = 2$), and the weight that the kernel gives to the nearest of them, relative to all.

# %%
rng = np.random.default_rng(0)


def sphere(n):
    x = np.abs(rng.normal(size=(n, 3)))
    return x / np.linalg.norm(x, axis=1, keepdims=True)


X, tests = sphere(400), sphere(12)
for_each = []
depths = [10, 100, 1000, 10**4, 10**6]
flat = np.clip(tests @ X.T, 0, 1)
limits = np.array([float(v) for v in dl.limit(PHI, flat.ravel())["limit"]]).reshape(flat.shape)
share_limit = (limits.max(1) / limits.sum(1)).mean()
print(f"n = {len(X)}: d n^(2/d) = {2 * len(X)}")
shares = []
for L in depths:
    logs = np.array([log(v.ntk) for v in network.values(L, flat.ravel())]).reshape(flat.shape)
    t = np.exp(logs - logs.max(1, keepdims=True))
    shares.append((t.max(1) / t.sum(1)).mean())
    print(f"depth {L:>9,}: the nearest point has {shares[-1]:.1%} of the weight")
print(f"infinite depth : {share_limit:.1%}")
assert abs(shares[-1] - share_limit) < 0.01 and shares[1] > 1.5 * share_limit

# %% [markdown]
# At depth 100 the nearest point has nearly twice the weight that it has in the limit: the network leans to the nearest-neighbour rule, and the consistent smoother of the theorem appears at depths far above a thousand. The NNGP kernel $S_L/\lambda^L$ has no such
# effect: it tends to the same $h$ without a correction at the pace of $1/L$. And `deeplimit.design.alpha(d, depth=..., points=...)` looks for the exponent that makes up for a finite depth.

# %%
u = 0.02
at = f"1-{u * u / 2!r}"
for L in (100, 1000):
    value = network.values(L, [at], digits=30)[0]
    multiplier = dl.limit(PHI, [at], digits=30).multiplier.midpoint
    limit = dl.limit(PHI, [at], digits=30).rows[0].limit.midpoint
    nngp = float(value.nngp.midpoint / multiplier**L / limit)
    ntk = float(value.ntk.midpoint / (L + 1) / multiplier**L / limit)
    print(f"u = {u}, depth {L}: NNGP / limit = {nngp:.12f}, NTK / limit = {ntk:.3f}")
    assert abs(nngp - 1) < 1e-9 and ntk > 1.5
