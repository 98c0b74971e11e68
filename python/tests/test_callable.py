"""Activations by their values alone: estimates that hold, labelled as not proved."""

from __future__ import annotations

import copy
import math
import pickle

import numpy as np
import pytest

import deeplimit as dl


def relu(x):
    return np.maximum(x, 0)


RHO = np.array([-1.0, -0.9, -0.3, 0.0, 0.5, 0.99, 1.0])


@pytest.mark.parametrize(
    ("f", "kinks", "text"),
    [
        (np.tanh, [], "tanh"),
        (relu, [0], "relu"),
        (lambda x: np.where(x > 0, x, 0.1 * x), [0.0], "max(x, x/10)"),
        (lambda x: x / (1 + np.exp(-x)), [], "silu"),
        (np.sin, [], "sin"),
        (lambda x: np.abs(x) - 1, [0], "abs(x)-1"),
        (lambda x: (x >= 0).astype(float), [0], "step"),
    ],
)
def test_estimates_hold(f, kinks, text):
    phi = dl.Activation.from_callable(f, kinks=kinks, name=text)
    assert phi.proved is False and phi.error < 1e-13 and phi.name == text
    coefficients = [float(a) for a in dl.hermite(text, 20)]
    assert np.abs(phi.hermite(20) - coefficients).max() <= phi.error
    for slope in (False, True):
        inside = RHO[1:-1] if slope else RHO
        values, errors = phi.dual(inside, slope=slope, error=True)
        exact = [float(x) for x in dl.dual(text, inside, slope=slope)]
        assert np.all(np.abs(values - exact) <= errors + 1e-15) and errors[2] < 1e-10
    at = phi.kernels(3, RHO[1:-1])
    exact = dl.Network(text).values(3, RHO[1:-1])
    assert np.all(np.abs(at.nngp - [float(x.nngp) for x in exact]) <= at.nngp_error + 1e-15)
    known = np.isfinite(at.ntk_error)
    off = np.abs(at.ntk - [float(x.ntk) for x in exact])[known]
    assert np.all(off <= at.ntk_error[known] + 1e-15) and known[1:].sum() >= 2


def test_a_kink_that_was_not_told_shows():
    told, untold = (dl.Activation.from_callable(lambda x: np.abs(x - 0.1), kinks=k) for k in ([0.1], []))
    assert told.error < 1e-13 < 1e-6 < untold.error
    exact = [float(x) for x in dl.dual("abs(x-1/10)", [0.0, 0.5])]
    values, errors = untold.dual([0.0, 0.5], error=True)
    assert np.all(np.abs(values - exact) <= errors)


def test_values_are_those_of_the_function():
    phi = dl.Activation.from_callable(relu, kinks=[0])
    x = np.asfortranarray(np.linspace(-1, 1, 12).reshape(3, 4))
    np.testing.assert_array_equal(phi(x), relu(x))
    assert phi(2) == 2.0 and type(phi(2)) is np.float64
    assert phi.slope[0] == pytest.approx(1, abs=1e-12) and dl.Activation.from_callable(np.sign, kinks=[0]).slope is None
    again = pickle.loads(pickle.dumps(phi))
    assert again.error == phi.error and again.kinks == (0.0,) and copy.deepcopy(phi) is phi
    # number by number, where the function takes no array
    assert dl.Activation.from_callable(math.tanh).dual(0.5) == pytest.approx(float(dl.dual("tanh", 0.5)), abs=1e-13)
    assert "not proved" in repr(phi)


def test_of_torch():
    torch = pytest.importorskip("torch")
    for f in (torch.nn.functional.silu, torch.nn.SiLU()):
        phi = dl.Activation.from_callable(f)
        assert phi.dual(0.5) == pytest.approx(float(dl.dual("silu", 0.5)), abs=1e-12)


def broken(x):
    raise RuntimeError("broken")


@pytest.mark.parametrize(
    "call",
    [
        lambda: dl.Activation.from_callable(3),
        lambda: dl.Activation.from_callable(broken),
        lambda: dl.Activation.from_callable(lambda x: x[:3]),
        lambda: dl.Activation.from_callable(lambda x: x * 1j),
        lambda: dl.Activation.from_callable(lambda x: None),
        lambda: dl.Activation.from_callable(lambda x: x * np.nan),
        lambda: dl.Activation.from_callable(lambda x: 0 * x),
        lambda: dl.Activation.from_callable(lambda x: 0 * x + 3),
        lambda: dl.Activation.from_callable(lambda x: np.exp(x * x / 4)),
        lambda: dl.Activation.from_callable(np.tanh, kinks=[np.nan]),
        lambda: dl.Activation.from_callable(np.tanh, kinks="ab"),
        lambda: dl.Activation.from_callable(np.tanh, kinks=3),
        lambda: dl.Activation.from_callable(np.tanh).dual(2),
        lambda: dl.Activation.from_callable(np.tanh).kernels(-1, 0),
        lambda: dl.Activation.from_callable(np.tanh).hermite(5000),
    ],
)
def test_bad_functions(call):
    with pytest.raises(dl.Error) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_the_place_of_what_is_no_correlation():
    with pytest.raises(dl.DomainError) as caught:
        dl.Activation.from_callable(np.tanh).dual([0.5, 1.5])
    assert caught.value.index == 1
