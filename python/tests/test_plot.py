"""Pictures: each returns the Axes that it drew on, and matplotlib's settings stay."""

from __future__ import annotations

import numpy as np
import pytest

import deeplimit as dl

matplotlib = pytest.importorskip("matplotlib", reason="matplotlib is not here")
matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

PICTURES = ("plot", "cobweb", "spectrum", "kernel_plot")


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


@pytest.mark.parametrize("picture", PICTURES)
@pytest.mark.parametrize("expr", ["gelu", "tanh", "sign(x)", "x^2-1", "softplus"])
def test_every_regime_is_drawn_and_settings_stay(expr, picture):
    before = dict(matplotlib.rcParams)
    ax = getattr(dl.Activation(expr), picture)()
    ax.figure.canvas.draw()
    assert ax.has_data() and dict(matplotlib.rcParams) == before
    low, high = ax.get_ylim()
    assert np.isfinite([low, high]).all() and low < high


def test_on_axes_of_ones_own():
    _, ax = plt.subplots()
    assert dl.Activation("tanh").plot(ax=ax) is ax and ax.lines


def test_the_curve_is_the_activation():
    act = dl.Activation("tanh")
    curves = [line for line in act.plot().lines if len(line.get_xdata()) > 2]
    x, y = curves[0].get_data()
    assert np.array_equal(y, act(np.asarray(x)))


def test_the_cobweb_ends_at_the_fixed_point():
    ax = dl.Activation("gelu").cobweb(0.9)
    end = float(ax.lines[-1].get_xdata()[0])
    fixed = float(dl.classify("gelu").fixed_point)
    # the slope there is 0.97: sixty layers are not all
    assert fixed < end < 0.9 and abs(end - fixed) < 0.05


def test_kernels_meet_at_one_half():
    ax = dl.Activation("relu").kernel_plot([1, 10])
    for line in ax.lines[:2]:
        x, y = line.get_data()
        assert abs(np.interp(60, x, y) - 1) < 1e-4


def test_what_cannot_be_drawn():
    act = dl.Activation("tanh")
    for call in (lambda: act.plot(ax=3), lambda: act.cobweb(2.0), lambda: act.spectrum(0), lambda: act.kernel_plot([])):
        with pytest.raises(dl.Error):
            call()
