"""`cntk`: the published recursion on tiny images, layouts, what is no picture."""

from __future__ import annotations

import os
import signal
import threading
import time

import numpy as np
import pytest

import deeplimit as dl

RNG = np.random.default_rng(3)
IMAGES = RNG.normal(size=(6, 7, 6, 3))


def recursion(x, y, layers):
    """Arora et al. 2019, section 4, for relu, pixel pair by pixel pair: (flat, pooled)."""
    height, width, _ = x.shape

    def windows(m):
        out = np.zeros_like(m)
        for i, j, k, l in np.ndindex(*m.shape):
            for a, b in np.ndindex(3, 3):
                i2, j2, k2, l2 = i + a - 1, j + b - 1, k + a - 1, l + b - 1
                if 0 <= i2 < height and 0 <= k2 < height and 0 <= j2 < width and 0 <= l2 < width:
                    out[i, j, k, l] += m[i2, j2, k2, l2]
        return out

    def sigma(u, v):
        return windows(np.einsum("ijc,klc->ijkl", u, v))

    xy, xx, yy = sigma(x, y), sigma(x, x), sigma(y, y)
    theta = xy.copy()
    for layer in range(layers):
        a, b = (np.einsum("ijij->ij", s) for s in (xx, yy))
        kernels = []
        for s, norm in ((xx, np.sqrt(np.multiply.outer(a, a))), (yy, np.sqrt(np.multiply.outer(b, b))), (xy, np.sqrt(np.multiply.outer(a, b)))):
            rho = np.clip(s / norm, -1, 1)
            angle = np.arccos(rho)
            k = norm * (np.sqrt(1 - rho**2) + rho * (np.pi - angle)) / (2 * np.pi)
            kernels.append((2 / 9 * k, 2 / 9 * (np.pi - angle) / (2 * np.pi)))
        (kxx, _), (kyy, _), (k, slope) = kernels
        theta = slope * theta + k
        if layer < layers - 1:
            theta = windows(theta)
        xx, yy, xy = windows(kxx), windows(kyy), windows(k)
    return np.einsum("ijij->", theta), theta.sum() / (height * width) ** 2


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_the_published_recursion(layers):
    x, y = RNG.normal(size=(2, 5, 5, 2))
    flat, pooled = recursion(x, y, layers)
    both = np.stack([x, y])
    assert abs(dl.cntk(both, depth=layers, pooling=False, layout="nhwc")[0, 1] / flat - 1) < 1e-11
    assert abs(dl.cntk(both, depth=layers, layout="nhwc")[0, 1] / pooled - 1) < 1e-11


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_pictures_of_one_pixel_are_rows(depth):
    rows = RNG.normal(size=(5, 3))
    kernel = dl.Kernel("relu", depth, lengths="keep")
    found = dl.cntk(rows[:, None, None, :], depth=depth, filter=1, layout="nhwc")
    np.testing.assert_allclose(found, kernel(rows), rtol=1e-12)
    with pytest.raises(dl.Error, match="filter of 3 x 3"):
        dl.cntk(rows[:, None, None, :], depth=depth, layout="nhwc")


def test_gram_and_block():
    own = dl.cntk(IMAGES, depth=2)
    assert own.shape == (6, 6) and (own == own.T).all() and own.dtype == np.float64 and own.flags.c_contiguous
    np.testing.assert_allclose(dl.cntk(IMAGES, IMAGES[:2], depth=2), own[:, :2], rtol=1e-12)
    np.testing.assert_allclose(dl.cntk(IMAGES, depth=2, dtype="f4"), own, rtol=1e-4)
    assert dl.cntk(IMAGES[:0], depth=2).shape == (0, 0) and dl.cntk(IMAGES[:1], depth=2).shape == (1, 1)
    assert (dl.cntk(IMAGES, depth=2, kind="nngp") < own).all()
    assert np.linalg.eigvalsh(dl.cntk(IMAGES, depth=3, activation="tanh")).min() > 0


def test_layouts():
    wanted = dl.cntk(IMAGES, depth=2)
    first = IMAGES.transpose(0, 3, 1, 2)
    np.testing.assert_array_equal(dl.cntk(first, depth=2, layout="nchw"), wanted)
    np.testing.assert_array_equal(dl.cntk(np.ascontiguousarray(first), depth=2, layout="nchw"), wanted)
    np.testing.assert_array_equal(dl.cntk(np.asfortranarray(IMAGES), depth=2), wanted)
    grey = IMAGES[..., 0]
    np.testing.assert_array_equal(dl.cntk(grey, depth=2), dl.cntk(grey[..., None], depth=2))
    for unclear, word in ((first, "nchw"), (RNG.normal(size=(2, 3, 3, 3)), "nhwc"), (RNG.normal(size=(2, 9, 9, 7)), "nhwc"), (IMAGES[0], "nhw")):
        with pytest.raises(dl.DataError, match=f"layout='.*{word}"):
            dl.cntk(unclear, depth=1)
    assert dl.cntk(IMAGES[0], depth=1, layout="nhw").shape == (7, 7)


def test_bytes_are_over_255():
    pixels = RNG.integers(0, 256, size=(3, 8, 8, 3), dtype=np.uint8)
    np.testing.assert_array_equal(dl.cntk(pixels, depth=2), dl.cntk(pixels / 255.0, depth=2))
    wide = dl.cntk(pixels.astype(np.int32), depth=2)
    np.testing.assert_allclose(wide, 255.0**2 * dl.cntk(pixels, depth=2), rtol=1e-12)


def test_what_is_no_picture():
    nan = IMAGES.transpose(0, 3, 1, 2).copy()
    nan[2, 1, 4, 5] = np.nan
    with pytest.raises(dl.DataError, match=r"\[2, 1, 4, 5\]") as caught:
        dl.cntk(nan, depth=1, layout="nchw")
    assert caught.value.index == (2, 1, 4, 5)
    with pytest.raises(dl.DataError, match="other"):
        dl.cntk(IMAGES, np.full((1, 7, 6, 3), np.inf), depth=1)
    for bad in (IMAGES[0, 0], IMAGES[None], 3.0, IMAGES.astype(object), IMAGES.astype(complex), np.ma.masked_array(IMAGES), np.empty((3, 0, 4, 1))):
        with pytest.raises(dl.DataError):
            dl.cntk(bad, depth=1, layout="nhwc")
    with pytest.raises(dl.DataError, match="shape"):
        dl.cntk(IMAGES, IMAGES[:, :5], depth=1)
    for options in ({"depth": 0}, {"depth": 1.5}, {"depth": 1, "dtype": "f2"}, {"depth": 1, "layout": "hwc"}, {"depth": 1, "kind": "x"}, {"depth": 1, "filter": 2}):
        with pytest.raises(dl.Error):
            dl.cntk(IMAGES, **options)


def test_memory_that_cannot_be_had():
    with pytest.raises(MemoryError):
        dl.cntk(np.ones((3_000_000, 1, 1, 1)), depth=1, layout="nhwc")


LARGE = RNG.normal(size=(120, 20, 20, 3))


def test_progress():
    seen = []
    dl.cntk(LARGE[:40], depth=2, progress=lambda done, all: seen.append((done, all)))
    assert seen == sorted(seen) and seen[-1] == (820, 820)


@pytest.mark.skipif(os.name != "posix", reason="no such signals here")
def test_ctrl_c():
    begun = [None]

    def press():
        time.sleep(0.3)
        begun[0] = time.perf_counter()
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        while True:
            dl.cntk(LARGE, depth=8)
    assert time.perf_counter() - begun[0] < 1.0
    thread.join()
