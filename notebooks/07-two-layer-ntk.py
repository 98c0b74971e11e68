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
# # Worksheet: the tangent kernel of two layers
#
# A network of two layers with $m$ hidden neurons, inputs of length 1,
#
# $$f(x) = \frac{1}{\sqrt m}\sum_{r=1}^m a_r\,\sigma(w_r\cdot x), \qquad w_r \sim N(0, I), \quad a_r = \pm1,$$
#
# both layers trained on $\tfrac12|y - u|^2$, $u_i = f(x_i)$, by gradient flow. Four statements, which everything in the theory of infinite width
# is made of (Jacot, Gabriel and Hongler 2018; Du, Zhai, Poczos and Singh 2019; Arora et al. 2019):
#
# 1. $\dfrac{d}{dt}(y - u) = -K(t)\,(y - u)$ with $K = G + H$, $\;G_{ij} = \frac1m\sum_r \sigma(w_r\cdot x_i)\sigma(w_r\cdot x_j)$, $\;H_{ij} = x_i\cdot x_j\,\frac1m\sum_r a_r^2\,\sigma'(w_r\cdot x_i)\sigma'(w_r\cdot x_j)$.
# 2. $K(0) \to K_\infty$ at the pace $1/\sqrt m$, and $K_\infty$ is what `deeplimit` computes: $\check\sigma(\rho) + \rho\,\check\sigma'(\rho)$.
# 3. $|y - u(t)|^2 \le |y|^2\, e^{-2 t \lambda_{\min}}$ where $u(0) = 0$ and $\lambda_{\min}$ is below the least eigenvalue of $K$ all along the way.
# 4. Each weight moves by $O(1/\sqrt m)$.
#
# Each is derived in a line and then measured. $\sigma$ is the ReLU times $\sqrt2$, so that $E\,\sigma(Z)^2 = 1$.

# %%
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # many small products: threads only get into each other's way

import matplotlib.pyplot as plt
import numpy as np

import deeplimit as dl
from deeplimit import _plot

plt.style.use(_plot.STYLE)
BLUE, RED, GREEN, PINK, ORANGE, SKY = plt.rcParams["axes.prop_cycle"].by_key()["color"]

relu = dl.Activation("sqrt(2)*relu")
assert dl.expect("2*relu(x)^2").exact == "1"

rng = np.random.default_rng(7)
n, d = 12, 5
X = rng.normal(size=(n, d))
X /= np.linalg.norm(X, axis=1, keepdims=True)
y = rng.choice([-1.0, 1.0], n)

# %% [markdown]
# ## The limit
#
# By the law of large numbers $G_{ij} \to E\,\sigma(U)\sigma(V) = \check\sigma(\rho_{ij})$ and $H_{ij} \to \rho_{ij}\,E\,\sigma'(U)\sigma'(V) = \rho_{ij}\,\check\sigma'(\rho_{ij})$, $(U, V)$ Gaussian with
# correlation $\rho_{ij} = x_i\cdot x_j$. For the ReLU these are the arc-cosine kernels (Cho and Saul 2009), with $\theta = \arccos\rho$:
# $\check\sigma = (\sin\theta + (\pi - \theta)\cos\theta)/\pi$ and $\check\sigma' = (\pi-\theta)/\pi$.

# %%
K_inf = dl.Kernel("relu", depth=1)(X)
theta = np.arccos(np.clip(X @ X.T, -1, 1))
by_hand = (np.sin(theta) + (np.pi - theta) * np.cos(theta)) / np.pi + np.cos(theta) * (np.pi - theta) / np.pi
assert np.abs(K_inf - by_hand).max() < 1e-7  # arccos loses half of the digits on the diagonal
lam_inf = np.linalg.eigvalsh(K_inf)[0]
print(f"least eigenvalue of K_inf: {lam_inf:.4f}")


class Network:
    """Two layers in the parametrisation above. Neurons come in pairs with the same w and opposite a, so that u(0) = 0."""

    def __init__(self, m, rng):
        w = rng.normal(size=(m // 2, d))
        a = rng.choice([-1.0, 1.0], m // 2)
        self.w, self.a, self.m = np.r_[w, w], np.r_[a, -a], m

    def forward(self, X):
        z = X @ self.w.T
        return z, relu(z), relu.derivative(z)

    def __call__(self, X):
        return relu(X @ self.w.T) @ self.a / np.sqrt(self.m)

    def kernel(self, X):
        _, s, ds = self.forward(X)
        return (s @ s.T + (X @ X.T) * ((self.a**2 * ds) @ ds.T)) / self.m

    def flow(self, X, y):
        """The time derivatives of w and a under gradient flow."""
        _, s, ds = self.forward(X)
        residual = (y - s @ self.a / np.sqrt(self.m)) / np.sqrt(self.m)
        return self.a[:, None] * ((ds * residual[:, None]).T @ X), s.T @ residual


assert np.abs(Network(64, rng)(X)).max() < 1e-15

# %% [markdown]
# ## Statement 1, by differences
#
# $\dot u = \sum_\theta \partial_\theta u\;\dot\theta = J J^\top (y - u)$, and $J J^\top = G + H$: $G$ from the derivatives by $a$, $H$ from those by $w$. A step of length $10^{-6}$ along the flow:

# %%
net = Network(500, rng)
dw, da = net.flow(X, y)
before, predicted = net(X), net.kernel(X) @ (y - net(X))
step = 1e-6
net.w, net.a = net.w + step * dw, net.a + step * da
error = np.abs((net(X) - before) / step - predicted).max()
print(f"largest difference between du/dt and K (y - u): {error:.1e}")
assert error < 1e-4

# %% [markdown]
# ## Statement 2: the pace of the law of large numbers
#
# Entries are means of $m$ bounded-variance terms, so $\|K(0) - K_\infty\| = O(1/\sqrt m)$.

# %%
widths = 2 ** np.arange(5, 15)
gaps = np.array([[np.linalg.norm(Network(m, rng).kernel(X) - K_inf, 2) for _ in range(8)] for m in widths])
rate = np.polyfit(np.log(widths), np.log(gaps.mean(1)), 1)[0]
print(f"|K(0) - K_inf| falls like m^{rate:.2f}")
assert -0.6 < rate < -0.4

# %% [markdown]
# ## Statements 3 and 4: train
#
# From $\frac{d}{dt}|y-u|^2 = -2\,(y-u)^\top K (y-u) \le -2\lambda_{\min}(K)\,|y-u|^2$ and Gronwall's lemma comes the bound, with the least eigenvalue along the way. If $K$ hardly moves, that is
# the one of $K_\infty$. And weights hardly move: $|\dot w_r| \le m^{-1/2}|a_r|\sum_i |y_i - u_i| \sqrt2 \le \sqrt{2n/m}\;|y|\,e^{-t\lambda_{\min}}\,|a_r|$, which integrates to
# $|w_r(t) - w_r(0)| \lesssim \sqrt{2n/m}\;|y|/\lambda_{\min}$.
#
# The flow is followed by the method of Heun with small steps.

# %%
T, STEPS = 30.0, 600
times = np.linspace(0, T, STEPS + 1)


def train(m, rng):
    net = Network(m, rng)
    w0, a0, h = net.w.copy(), net.a.copy(), T / STEPS
    loss, least = [np.sum((y - net(X)) ** 2)], [np.linalg.eigvalsh(net.kernel(X))[0]]
    for step in range(STEPS):
        w, a = net.w, net.a
        dw, da = net.flow(X, y)
        net.w, net.a = w + h * dw, a + h * da
        dw2, da2 = net.flow(X, y)
        net.w, net.a = w + h / 2 * (dw + dw2), a + h / 2 * (da + da2)
        loss.append(np.sum((y - net(X)) ** 2))
        if step % 10 == 9:
            least.append(np.linalg.eigvalsh(net.kernel(X))[0])
    move = np.sqrt(np.sum((net.w - w0) ** 2, axis=1))
    return net, np.array(loss), np.array(least), move, np.linalg.norm(net.kernel(X) - K_inf, 2)


runs = {m: train(m, rng) for m in (32, 128, 512, 2048, 8192)}
for m, (net, loss, least, move, gap) in runs.items():
    bound = loss[0] * np.exp(-2 * times * least.min())
    assert abs(loss[0] - y @ y) < 1e-9 and np.all(loss <= bound * (1 + 1e-3))
    print(f"m = {m:5d}: least eigenvalue on the way {least.min():.4f}, |y-u(T)|^2 = {loss[-1]:.1e}, "
          f"a weight moves by {np.median(move):.4f} in the median, {move.max():.4f} at most")
moves = np.array([[np.median(r[3]), r[3].max()] for r in runs.values()])
rates = [np.polyfit(np.log(list(runs)), np.log(column), 1)[0] for column in moves.T]
print("movement falls like m^%.2f (median) and m^%.2f (largest)" % tuple(rates))
assert all(-0.6 < r < -0.4 for r in rates)
short = {m: abs(run[2].min() / lam_inf - 1) for m, run in runs.items()}
print("the least eigenvalue on the way, off that of K_inf by:", {m: f"{gap:.0%}" for m, gap in short.items()})
assert short[8192] < short[128] / 2  # it becomes that of K_inf, at the pace of 1/sqrt(m)
worst = np.sqrt(2 * n / 8192) * np.linalg.norm(y) / lam_inf
assert runs[8192][3].max() < worst

# %%
fig, (one, two, three) = plt.subplots(1, 3, figsize=(7.4, 2.6))
one.loglog(widths, gaps, "o", color=BLUE, ms=2, alpha=0.45)
one.loglog(widths, gaps.mean(1)[0] * np.sqrt(widths[0] / widths), color="0.45", lw=0.9)
one.set(xlabel="width $m$", title=r"$\|K(0) - K_\infty\|$")

shades = plt.cm.viridis(np.linspace(0.85, 0, len(runs)))
for (m, run), shade in zip(runs.items(), shades):
    two.semilogy(times, run[1], color=shade, label=f"{m:,}")
two.semilogy(times, (y @ y) * np.exp(-2 * times * lam_inf), color=RED, ls=(0, (4, 1.6)))
two.annotate(r"$|y|^2 e^{-2t\lambda_{\min}}$", (8, (y @ y) * np.exp(-2 * 8 * lam_inf)), (4, 7), textcoords="offset points", color=RED)
two.legend(title="$m$", fontsize=7.5, handlelength=1.2, loc="lower left", labelspacing=0.2, title_fontsize=8)
two.set(xlabel="time $t$", title=r"$|y - u(t)|^2$")

three.loglog(list(runs), moves[:, 1], "o-", color=RED, ms=3)
three.loglog(list(runs), moves[:, 0], "o-", color=BLUE, ms=3)
three.loglog(list(runs), moves[0, 1] * 1.8 * np.sqrt(32 / np.array(list(runs))), color="0.45", lw=0.9)
three.annotate("largest", (8192, moves[-1, 1]), (6, 0), textcoords="offset points", color=RED, va="center")
three.annotate("median", (8192, moves[-1, 0]), (6, 0), textcoords="offset points", color=BLUE, va="center")
three.annotate("$m^{-1/2}$", (700, moves[0, 1] * 1.8 * np.sqrt(32 / 700)), (3, 4), textcoords="offset points", color="0.45")
three.set(xlabel="width $m$", title=r"$|w_r(T) - w_r(0)|$")
plt.show()

# %% [markdown]
# ## What the network has become
#
# With $K$ frozen the flow is solved in closed form, $u(t) = (I - e^{-K_\infty t})\,y$, and away from the data $f_t(x) = K_\infty(x, X)\,K_\infty^{-1}(I - e^{-K_\infty t})\,y$. The widest network against that, at the end, at
# 200 points that it has not seen:

# %%
unseen = rng.normal(size=(200, d))
unseen /= np.linalg.norm(unseen, axis=1, keepdims=True)
values, vectors = np.linalg.eigh(K_inf)
weights = vectors @ ((1 - np.exp(-values * T)) / values * (vectors.T @ y))
kernel_says = dl.Kernel("relu", depth=1)(unseen, X) @ weights
errors = {m: np.sqrt(np.mean((run[0](unseen) - kernel_says) ** 2)) for m, run in runs.items()}
for m, error in errors.items():
    print(f"m = {m:5d}: off by {error:.4f} (root mean square; the kernel's own values: {np.sqrt(np.mean(kernel_says**2)):.4f})")
assert errors[8192] < 0.3 * errors[128] and errors[8192] < 0.1
