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
# # A convolutional network of infinite width looks at pictures
#
# Arora et al. (2019, *On Exact Computation with an Infinitely Wide Neural Net*, arXiv 1904.11955) computed the tangent kernel of convolutional networks, the CNTK, and used it on CIFAR-10. Two questions about it,
# on a few hundred images and two cores: what does it see that a fully connected network does not, and what does *global average pooling*, one line in a network, do to the kernel?

# %%
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "2")

import time
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import deeplimit as dl
from deeplimit import _plot

plt.style.use(_plot.STYLE)
BLUE, RED, GREEN, PINK, ORANGE, SKY = plt.rcParams["axes.prop_cycle"].by_key()["color"]

HERE = Path.cwd()
ROOT = next((p for p in (HERE, *HERE.parents) if (p / "notebooks" / "06-cntk-cifar.py").exists()), HERE)
FOLDER = Path(os.environ.get("DEEPLIMIT_DATA", ROOT.parent / "shared" / "data")) / "cifar-10-batches-bin"
CIFAR = FOLDER.is_dir()


def read(name, count):
    """Images (count, 32, 32, 3) as bytes, and labels."""
    records = np.fromfile(FOLDER / name, dtype=np.uint8, count=count * 3073).reshape(count, 3073)
    return records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), records[:, 0].astype(int)


if CIFAR:
    seen, y_seen = read("data_batch_1.bin", 2000)
    new, y_new = read("test_batch.bin", 1000)
    NAMES = (FOLDER / "batches.meta.txt").read_text().split()
    print("CIFAR-10: learnt from the first images of data_batch_1.bin, tested on the first of test_batch.bin")
else:
    from sklearn.datasets import load_digits

    digits = load_digits()
    order = np.random.default_rng(0).permutation(len(digits.target))
    images, labels = digits.images[order][..., None] * (255 / 16), digits.target[order]
    images = np.rint(images).astype(np.uint8)
    seen, y_seen, new, y_new = images[:1000], labels[:1000], images[1000:], labels[1000:]
    NAMES = [str(k) for k in range(10)]
    print("There is no CIFAR-10 here (DEEPLIMIT_DATA names the folder with cifar-10-batches-bin): scikit-learn's digits, 8 x 8 pixels, instead.")

mean, deviation = seen.mean((0, 1, 2)), seen.std((0, 1, 2))


def standardised(images):
    """Channels of mean 0 and deviation 1: doubles, (n, height, width, channels)."""
    return (images - mean) / deviation


fig, axes = plt.subplots(3, 10, figsize=(7.2, 2.5))
for k, column in enumerate(axes.T):
    for ax, i in zip(column, np.flatnonzero(y_seen == k)):
        ax.imshow(seen[i].squeeze(), cmap="gray_r")
        ax.axis("off")
    column[0].set_title(NAMES[k], fontsize=8, loc="center", pad=3)
plt.show()

# %% [markdown]
# ## The recursion, in twenty lines
#
# For a pair of images the state is a covariance of every pixel of one with every pixel of the other. A layer sums it along the diagonals of a $3\times3$ window (what a convolution does), then takes it through the ReLU's dual
# (Cho and Saul 2009), pixel pair by pixel pair. Here it is, written out for small images, as the referee of the fast one.

# %%
def windows(S):
    """Sums of S[i, j, k, l] over equal shifts of (i, j) and (k, l) by -1, 0, 1; zero outside."""
    P = np.pad(S, 1)
    h, w = S.shape[:2]
    return sum(P[a : a + h, b : b + w, a : a + h, b : b + w] for a in range(3) for b in range(3))


def cntk_by_hand(x, y, depth, pooling):
    def layer(S, left, right):
        lengths = np.sqrt(left[:, :, None, None] * right[None, None])
        rho = np.clip(S / lengths, -1, 1)
        angle = np.arccos(rho)
        value = lengths * (np.sin(angle) + (np.pi - angle) * rho) / np.pi
        return value / 9, (np.pi - angle) / np.pi / 9

    diagonal = lambda S: np.einsum("ijij->ij", S)
    Sxy, Sxx, Syy = (windows(np.einsum("ijc,klc->ijkl", a, b)) for a, b in ((x, y), (x, x), (y, y)))
    T = Sxy
    for l in range(depth):
        left, right = diagonal(Sxx), diagonal(Syy)
        K, slope = layer(Sxy, left, right)
        T = slope * T + K
        if l < depth - 1:
            T = windows(T)
            Sxx, Syy = windows(layer(Sxx, left, left)[0]), windows(layer(Syy, right, right)[0])
            Sxy = windows(K)
    return T.mean() if pooling else np.einsum("ijij->", T)


rng = np.random.default_rng(5)
small = rng.normal(size=(2, 6, 5, 3))
for depth in (1, 2, 4):
    for pooling in (False, True):
        fast = dl.cntk(small, depth=depth, pooling=pooling)
        slow = cntk_by_hand(small[0], small[1], depth, pooling)
        print(f"depth {depth}, {'pooling   ' if pooling else 'no pooling'}  by hand {slow:.12f}   deeplimit {fast[0, 1]:.12f}")
        assert abs(fast[0, 1] - slow) < 1e-9 * abs(slow)
        assert np.array_equal(fast, fast.T)

# %% [markdown]
# ## Where a thing is does not matter, with pooling
#
# Shift an image by $s$ pixels and ask the kernel how alike the two are. Without pooling the answer falls within two pixels, as it does for a fully connected network, which has no idea what a shift is. With pooling
# it hardly moves as long as the thing is clear of the edge: the kernel averages over all pairs of places.

# %%
inside = standardised(seen[:12])
if CIFAR:
    inside = inside[:, 8:24:2, 8:24:2]  # the middle, coarser
edge = inside.shape[1]
shifts = range(edge // 2 + 1)


def placed(shift):
    """In a frame of zeros of twice the size, so that nothing leaves the picture."""
    frame = np.zeros((len(inside), 2 * edge, 2 * edge, inside.shape[-1]))
    frame[:, edge // 2 : edge // 2 + edge, edge // 2 + shift : edge // 2 + shift + edge] = inside
    return frame


def alike(kernel):
    """Cosine in the kernel's own geometry of an image and the image shifted, for each shift; and of different images."""
    base = kernel(placed(0))
    d = np.sqrt(np.diag(base))
    others = (base / np.outer(d, d))[np.triu_indices(len(d), 1)].mean()
    return np.array([np.mean(np.diag(kernel(placed(0), placed(s))) / d / np.sqrt(np.diag(kernel(placed(s))))) for s in shifts]), others


kernels = {
    "CNTK with pooling": (lambda *x: dl.cntk(*x, depth=4, pooling=True, dtype="f4"), RED),
    "CNTK without": (lambda *x: dl.cntk(*x, depth=4, pooling=False), BLUE),
    "NTK of pixels": (lambda *x: dl.Kernel("relu", 4)(*(a.reshape(len(a), -1) for a in x)), GREEN),
}
fig, ax = plt.subplots(figsize=(6.0, 2.8))
falls = {}
for name, (kernel, colour) in kernels.items():
    curve, others = alike(kernel)
    curve, others = (curve - others) / (1 - others), others
    falls[name] = curve
    ax.plot(shifts, curve, "o-", color=colour, label=name)
ax.axhline(0, color="0.6", lw=0.6, label="different images")
ax.set(xlabel="shift, pixels", ylabel="likeness to the image itself", xticks=list(shifts), ylim=(min(-0.35, *(c.min() for c in falls.values())), 1.05))
ax.legend(loc="center left", bbox_to_anchor=(1.02, 0.5), labelcolor="linecolor")
plt.show()
for name, curve in falls.items():
    print(f"{name:20s}", " ".join(f"{v:6.3f}" for v in curve))
assert falls["CNTK with pooling"][:-1].min() > 0.8  # at the last shift it touches the edge, where the zeros begin
assert falls["CNTK without"][2] < 0.2 and falls["NTK of pixels"][2] < 0.2

# %% [markdown]
# ## The kernel, and who is near whom
#
# Both kernels of the same images, sorted by class. An image has a length in the kernel's geometry, $\sqrt{K(x, x)}$, which is mostly its contrast. Divided by lengths, what is left is the angle.

# %%
KINDS = [0, 1, 6, 7]  # airplane, automobile, frog, horse
SEEN, NEW = 60, 85  # of each kind
if CIFAR:
    half = lambda x: x.reshape(len(x), 16, 2, 16, 2, 3).mean((2, 4))  # 16 x 16 pixels: pooling costs the square of the pixels for a pair
else:
    half = lambda x: x
chosen = np.concatenate([np.flatnonzero(y_seen == k)[:SEEN] for k in KINDS])
tested = np.concatenate([np.flatnonzero(y_new == k)[:NEW] for k in KINDS])
x, x_new = half(standardised(seen[chosen])), half(standardised(new[tested]))
t, t_new = y_seen[chosen], y_new[tested]
start = time.perf_counter()
readouts = {
    "CNTK with pooling": (dl.cntk(x, depth=3, pooling=True, dtype="f4"), dl.cntk(x_new, x, depth=3, pooling=True, dtype="f4")),
    "CNTK without": (dl.cntk(x, depth=3, pooling=False), dl.cntk(x_new, x, depth=3, pooling=False)),
    "NTK of pixels": tuple(dl.Kernel("relu", 3, lengths="keep")(*(a.reshape(len(a), -1) for a in pair)) for pair in ((x,), (x_new, x))),
}
print(f"{len(x)} images learnt, {len(x_new)} tested, all kernels in {time.perf_counter() - start:.0f} s")

# %%
fig, axes = plt.subplots(1, 3, figsize=(7.2, 2.8))
edges = np.flatnonzero(np.diff(t)) + 0.5
for ax, (name, (K, _)) in zip(axes, readouts.items()):
    least = np.linalg.eigvalsh(K)[0] / np.trace(K) * len(K)
    assert least > -1e-5  # f4; otherwise no inner product has this matrix
    length = np.sqrt(np.diag(K))
    cosine = K / np.outer(length, length)
    off = cosine[np.triu_indices(len(K), 1)]
    assert np.abs(cosine).max() < 1 + 1e-5
    image = ax.imshow(cosine, cmap="magma", vmin=np.quantile(off, 0.02), vmax=np.quantile(off, 0.995), interpolation="nearest")
    ax.hlines(edges, -0.5, len(K) - 0.5, color="w", lw=0.6)
    ax.vlines(edges, -0.5, len(K) - 0.5, color="w", lw=0.6)
    centres = [np.flatnonzero(t == k).mean() for k in KINDS]
    ax.set_yticks(centres, [NAMES[k] for k in KINDS] if ax is axes[0] else [""] * len(KINDS), fontsize=7, rotation=90, va="center")
    ax.set(title=name, xticks=[])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    bar = fig.colorbar(image, ax=ax, shrink=0.8, pad=0.02)
    bar.ax.tick_params(labelsize=7, length=2)
    bar.outline.set_visible(False)
    bar.locator = plt.MaxNLocator(4)
    print(f"{name:20s} least eigenvalue over the mean diagonal {least:.4f}, spread of lengths {length.std() / length.mean():.2f}")
plt.show()

# %% [markdown]
# And the images nearest to a new one, by angle in the kernel's geometry: left with pooling, right without. Framed: the right kind.

# %%
rng = np.random.default_rng(3)
shown = [int(rng.choice(np.flatnonzero(t_new == k))) for k in KINDS]
fig = plt.figure(figsize=(7.2, 3.3))
grid = fig.add_gridspec(4, 13, width_ratios=[1.25, 0.2, 1, 1, 1, 1, 1, 0.35, 1, 1, 1, 1, 1])
for row, i in enumerate(shown):
    ax = fig.add_subplot(grid[row, 0])
    ax.imshow(new[tested[i]].squeeze(), cmap="gray_r")
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    ax.set_ylabel(NAMES[t_new[i]], fontsize=8)
    for name, first in (("CNTK with pooling", 2), ("CNTK without", 8)):
        K, k_new = readouts[name]
        near = np.argsort(-k_new[i] / np.sqrt(np.diag(K)))[:5]
        for column, j in enumerate(near):
            ax = fig.add_subplot(grid[row, first + column])
            ax.imshow(seen[chosen[j]].squeeze(), cmap="gray_r")
            ax.set(xticks=[], yticks=[])
            right = t[j] == t_new[i]
            ax.spines[:].set(visible=bool(right), color=GREEN, linewidth=2.2)
            if row == 0 and column == 0:
                ax.set_title(name, fontsize=9, pad=5)
plt.show()
for name, (K, k_new) in readouts.items():
    near = np.argsort(-k_new / np.sqrt(np.diag(K)), axis=1)[:, :5]
    print(f"{name:20s} of the five nearest images {np.mean(t[near] == t_new[:, None]):.1%} are of the right kind (by chance {1 / len(KINDS):.0%})")

# %% [markdown]
# ## Who classifies better
#
# Kernel regression on the classes (the trained network of infinite width), the ridge chosen by leaving out one image at a time. All three are tested on the same images, so the error of a difference is that of the differences image by image.

# %%
def regression(K, k_new, t, kinds):
    """Labels, and the ridge that leaves out best; lengths are divided off, which helps all of them."""
    length = np.sqrt(np.diag(K))
    K, k_new = K / np.outer(length, length), k_new / length
    target = (t[:, None] == np.asarray(kinds)).astype(float)
    target -= target.mean(0)
    values, vectors = np.linalg.eigh(K)
    found = []
    for ridge in 10.0 ** np.arange(-5, 1):
        inverse = (vectors / (values + ridge)) @ vectors.T
        left_out = target - (inverse @ target) / np.diag(inverse)[:, None]
        found.append((np.mean(left_out.argmax(1) == target.argmax(1)), ridge, inverse))
    _, ridge, inverse = max(found, key=lambda f: f[0])
    return np.asarray(kinds)[(k_new @ (inverse @ target)).argmax(1)], ridge


right = {}
for name, (K, k_new) in readouts.items():
    labels, ridge = regression(K, k_new, t, KINDS)
    right[name] = labels == t_new
    p = right[name].mean()
    print(f"{name:20s}{100 * p:5.1f} +- {100 * np.sqrt(p * (1 - p) / len(t_new)):.1f} %   ridge {ridge:g}")
    assert p > 1 / len(KINDS) + 0.1
for name in ("CNTK without", "NTK of pixels"):
    gap = right["CNTK with pooling"].astype(float) - right[name]
    print(f"pooling less {name:15s}{100 * gap.mean():+5.1f} +- {100 * gap.std() / np.sqrt(len(gap)):.1f} points")

# %% [markdown]
# ## All ten classes, without pooling
#
# Without pooling a pair of $32\times32$ images takes microseconds, so there may be more of them and the network may be deeper.

# %%
N, M = 800, 600
start = time.perf_counter()
X, X_new, T, T_new = standardised(seen[:N]), standardised(new[:M]), y_seen[:N], y_new[:M]
scores = {}
for depth in (1, 3, 8):
    scores[f"CNTK, {depth}"] = regression(dl.cntk(X, depth=depth, pooling=False), dl.cntk(X_new, X, depth=depth, pooling=False), T, range(10))[0]
flat, flat_new = X.reshape(N, -1), X_new.reshape(M, -1)
for depth in (1, 3, 8):
    kernel = dl.Kernel("relu", depth)
    scores[f"NTK, {depth}"] = regression(kernel(flat), kernel(flat_new, flat), T, range(10))[0]
nearest = np.argmin((flat**2).sum(1) - 2 * flat_new @ flat.T, axis=1)
scores["nearest image"] = T[nearest]
print(f"{N} images learnt, {M} tested, in {time.perf_counter() - start:.0f} s")
accuracy = {name: np.mean(labels == T_new) for name, labels in scores.items()}
for name, p in accuracy.items():
    print(f"{name:16s}{100 * p:5.1f} +- {100 * np.sqrt(p * (1 - p) / M):.1f} %")
    assert p > 0.15
best = max((name for name in scores if name.startswith("CNTK")), key=accuracy.get)

confusion = np.zeros((10, 10), int)
np.add.at(confusion, (T_new, scores[best]), 1)
assert confusion.sum() == M and np.trace(confusion) == round(accuracy[best] * M)
if CIFAR:
    machine = np.isin(range(10), [0, 1, 8, 9])
    among = confusion[np.ix_(machine, machine)].sum() + confusion[np.ix_(~machine, ~machine)].sum()
    print(f"machines are taken for machines and animals for animals in {among / M:.0%}")
    assert among / M > 0.75
order = [0, 8, 1, 9, 2, 3, 4, 5, 6, 7] if CIFAR else list(range(10))  # machines, then animals
share = confusion[np.ix_(order, order)] / confusion[order].sum(1, keepdims=True)
fig, (ax, bars) = plt.subplots(1, 2, figsize=(7.2, 3.5), width_ratios=(1.25, 1))
ax.imshow(share, cmap="Blues", vmin=0, vmax=max(0.6, share.max()))
for (i, j), v in np.ndenumerate(share):
    if v > 0.005:
        ax.text(j, i, f"{100 * v:.0f}", ha="center", va="center", fontsize=7, color="w" if v > 0.4 else "0.2")
ax.set_xticks(range(10), [NAMES[k] for k in order], rotation=90, fontsize=8)
ax.set_yticks(range(10), [NAMES[k] for k in order], fontsize=8)
ax.tick_params(length=0)
ax.spines[:].set_visible(False)
if CIFAR:
    ax.axhline(3.5, color="w", lw=2)
    ax.axvline(3.5, color="w", lw=2)
ax.set(title=f"{best} layers: per cent of a row", xlabel="taken for", ylabel="is")
names = list(accuracy)
colours = [BLUE] * 3 + [GREEN] * 3 + ["0.6"]
for y, (name, colour) in enumerate(zip(names[::-1], colours[::-1])):
    p = accuracy[name]
    bars.plot([10, 100 * p], [y, y], color=colour, lw=1, alpha=0.5)
    bars.errorbar(100 * p, y, xerr=200 * np.sqrt(p * (1 - p) / M), fmt="o", color=colour)
bars.set_yticks(range(len(names)), [n if "," not in n else f"{n} layer" if n.endswith(" 1") else f"{n} layers" for n in names[::-1]], fontsize=8)
bars.tick_params(axis="y", length=0)
bars.spines["left"].set_visible(False)
bars.set(xlabel="accuracy, per cent ($\\pm2$ standard errors)", xlim=(10, None), title="the same images for all")
plt.show()
