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
# # One activation, from its expression to its limit
#
# You have a formula for an activation. What does a wide and deep network make of it? Five questions in a row: the verdict, the digits, the layers, the limit, the Gram matrix.

# %%
import matplotlib.pyplot as plt
import numpy as np

import deeplimit as dl
from deeplimit import _plot

plt.style.use(_plot.STYLE)

phi = dl.Activation("x*sigmoid(1.702*x) - c", c="1/5")
phi

# %% [markdown]
# The quick GELU less a fifth: an expression in `x` as you would write it, with a constant that is exact because it is text.

# %%
fig, (left, right) = plt.subplots(1, 2, figsize=(7.2, 2.7))
phi.plot(ax=left)
phi.spectrum(30, ax=right)
plt.show()

# %% [markdown]
# ## The verdict
#
# Everything hangs on three numbers (Radhakrishnan, Belkin and Uhler 2022), $Z \sim N(0,1)$ and $\varphi$ normalised to $E\,\varphi(Z)^2 = 1$: $A = E\,\varphi(Z)$, $A' = E\,\varphi'(Z)$, $B' = E\,\varphi'(Z)^2$.

# %%
verdict = phi.classify()
print(verdict)
for step in verdict.evidence:
    print("  ", step)
assert verdict.proved and verdict.regime == "majority" and verdict.phase == "chaotic"

# %% [markdown]
# So in depth it forgets everything but the majority: $A$ is small, but it is not 0. One number puts that right: its own mean.

# %%
centred = phi.centred()
better = centred.classify()
print(better)
assert better.proved and better.regime == "singular"

# %% [markdown]
# ## The digits
#
# Every number is an enclosure: a value, a radius, and no digit that is not certain. Ask for as many as you like.

# %%
exponent = centred.classify(digits=50).alpha
print(exponent.value)
print("+-", exponent.radius)
few = better.alpha
assert abs(few.midpoint - exponent.midpoint) <= few.uncertainty + exponent.uncertainty  # 15 digits and 50 agree

coefficients = centred.hermite(6)
print([f"{float(a):+.4f}" for a in coefficients])
assert coefficients[0].exact == "0" or 0 in coefficients[0]

# %% [markdown]
# Any other Gaussian expectation, too, an identity of Stein for instance, $E\,Z\varphi(Z) = E\,\varphi'(Z)$:

# %%
by_parts = dl.expect("x*(x*sigmoid(1.702*x) - 1/5)", digits=30)
print(by_parts)
slope = (verdict.normalisation.midpoint) ** -1 * verdict.mean_slope.midpoint ** 2  # A'^2 without the normalisation
assert abs(float(by_parts) ** 2 - float(slope)) < 1e-12

# %% [markdown]
# ## The layers
#
# The dual activation $\check\varphi(\rho) = E\,\varphi(U)\varphi(V)$ takes the correlation of two inputs through one layer (Daniely, Frostig and Singer 2016). Left as it was written, right centred: it is the
# fixed point at $c^* > 0$ that makes all pairs alike.

# %%
fig, axes = plt.subplots(1, 2, figsize=(6.4, 3.2))
for ax, one, title in zip(axes, (phi, centred), ("as written", "centred")):
    one.cobweb(0.95, ax=ax)
    ax.set_title(title)
plt.show()
fixed = float(verdict.fixed_point)
assert abs(float(phi.dual(verdict.fixed_point.midpoint)) - fixed) < 1e-12
print(f"as written, all correlations tend to {fixed:.6f}")

# %% [markdown]
# ## The limit
#
# $T_L$ is the neural tangent kernel of a network with $L$ hidden layers (Jacot, Gabriel and Hongler 2018). Centred, $T_L/((L+1)A'^{2L})$ tends to $R(u)/u^\alpha$, $u$ the distance of the two inputs.

# %%
table = centred.limit([0, "1/4", "1/2", "3/4", "0.99"])
print(table.formula)
for row in table:
    print(f"rho = {row.rho:5s} limit {float(row.limit):12.8f}   R = {'' if row.R is None else format(float(row.R), '.8f')}")

ax = centred.kernel_plot()
plt.show()

deep = dl.Network(centred).values(10**6, "1/2")
print("depth one million, at rho = 1/2: ", deep.ntk)

# %% [markdown]
# ## The Gram matrix
#
# A kernel is compiled once and then fast, in doubles, with its error on record.

# %%
rng = np.random.default_rng(1)
X = np.abs(rng.normal(size=(400, 4)))
X /= np.linalg.norm(X, axis=1, keepdims=True)
kernel = dl.Kernel(centred, depth=5)
K = kernel(X)
values = np.linalg.eigvalsh(K)
print(K.shape, "least eigenvalue", values[0], "error of an entry at most", kernel.error)
assert values[0] > 0 and np.allclose(K, K.T)
one = dl.Network(centred).values(5, [float(X[0] @ X[1])])[0].ntk
assert abs(K[0, 1] - float(one)) < 1e-9 * abs(K[0, 1])

# %% [markdown]
# The same for points on a quarter of a circle, sorted by their angle: what the depth does to a kernel.

# %%
angles = np.linspace(0, np.pi / 2, 300)
arc = np.c_[np.cos(angles), np.sin(angles)]
fig, axes = plt.subplots(1, 3, figsize=(7.2, 2.6))
for ax, depth in zip(axes, (1, 10, 40)):
    K = dl.Kernel(centred, depth)(arc)
    image = ax.imshow(np.log10(np.clip(K / K[0, 150], 1e-3, 1e6)), cmap="viridis", extent=(0, 90, 90, 0), vmin=-3, vmax=6)
    ax.set(title=f"depth {depth}", xticks=[0, 45, 90], yticks=[0, 45, 90], xlabel="degrees")
fig.colorbar(image, ax=axes, label=r"$\log_{10} K_{ij}/K_{45^\circ}$", shrink=0.8)
plt.show()

# %% [markdown]
# And the classifier at infinite depth, which is the smoother that the verdict promised:

# %%
machine = dl.Kernel(centred, depth="inf")
labels = (X[:, 0] > X[:, 1]).astype(int)
fitted = machine.fit(X, labels)
new = np.abs(rng.normal(size=(1000, 4)))
new /= np.linalg.norm(new, axis=1, keepdims=True)
right = np.mean(fitted.labels(new) == (new[:, 0] > new[:, 1]))
print(f"{machine.classifier}: {right:.1%} right on new points")
assert machine.classifier == "smoother" and right > 0.9
