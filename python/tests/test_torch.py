"""`to_torch`: a module like any other."""

from __future__ import annotations

import copy
import io
import pickle

import numpy as np
import pytest

import deeplimit as dl

torch = pytest.importorskip("torch", reason="PyTorch is not here")

SMOOTH = ["gelu", "tanh", "softplus", "x*sigmoid(x)", "optimal(4)"]
KINKED = ["relu", "max(x, x/5)", "elu"]


@pytest.mark.parametrize("expr", SMOOTH + KINKED)
def test_values_and_gradients_are_the_librarys(expr):
    act = dl.Activation(expr)
    x = np.linspace(-6, 6, 241) + 1e-3
    for dtype, tolerance in ((torch.float64, 1e-14), (torch.float32, 1e-6)):
        t = torch.tensor(x, dtype=dtype, requires_grad=True)
        y = act.to_torch()(t)
        y.sum().backward()
        assert y.dtype == dtype
        given = t.detach().double().numpy()
        for found, exact in ((y, act(given)), (t.grad, act.derivative(given))):
            assert np.allclose(found.detach().double().numpy(), exact, rtol=8 * tolerance, atol=8 * tolerance)


@pytest.mark.parametrize("expr", SMOOTH)
def test_gradcheck(expr):
    x = torch.linspace(-2, 2, 9, dtype=torch.float64, requires_grad=True)
    phi = dl.Activation(expr).to_torch()
    assert torch.autograd.gradcheck(phi, x) and torch.autograd.gradgradcheck(phi, x)


def test_it_travels():
    phi = dl.Activation("x*sigmoid(x)").to_torch()
    x = torch.randn(7)
    file = io.BytesIO()
    torch.save(torch.nn.Sequential(torch.nn.Linear(7, 7), phi).state_dict(), file)
    for other in (pickle.loads(pickle.dumps(phi)), copy.deepcopy(phi)):
        assert torch.equal(other(x), phi(x))
    assert not list(phi.parameters()) and phi.state_dict() == {} and "sigmoid" in repr(phi)


def test_integers_are_refused():
    with pytest.raises(TypeError, match="floating"):
        dl.Activation("relu").to_torch()(torch.arange(3))


@pytest.mark.skipif(not hasattr(torch, "compile"), reason="this PyTorch has no torch.compile")
def test_compile_and_vmap():
    phi = dl.Activation("gelu").to_torch()
    x = torch.randn(5, 3)
    assert torch.allclose(torch.compile(phi, fullgraph=True, backend="eager")(x), phi(x))
    assert torch.allclose(torch.func.vmap(phi)(x), phi(x))


@pytest.mark.parametrize("expr", ["relu", "tanh", "gelu"])
def test_a_wide_network_has_the_kernels(expr):
    """Mean over networks at initialisation against NNGP and NTK, within four standard errors of the mean (and a width's bias)."""
    torch.manual_seed(1)
    width, depth, networks = 512, 2, 40
    act = dl.Activation(expr)
    phi, scale = act.to_torch(), float(act.classify().normalisation) ** 0.5
    rho = 0.6
    inputs = torch.tensor([[1.0, 0.0], [rho, (1 - rho**2) ** 0.5]], dtype=torch.float64)
    seen = []
    for _ in range(networks):
        sizes = [2] + [width] * depth + [1]
        weights = [torch.randn(m, n, dtype=torch.float64, requires_grad=True) for n, m in zip(sizes, sizes[1:])]
        outputs, gradients = [], []
        for x in inputs:
            h = x
            for layer, w in enumerate(weights):
                # inputs have length 1, layers behind them the variance of their units
                h = w @ h / (1.0 if layer == 0 else width**0.5)
                if layer < depth:
                    h = scale * phi(h)
                last = h if layer == depth - 1 else None
                if last is not None:
                    outputs.append(last.detach())
            grads = torch.autograd.grad(h.sum(), weights)
            gradients.append(torch.cat([g.flatten() for g in grads]))
        nngp = float(outputs[0] @ outputs[1]) / width
        seen.append((nngp, float(gradients[0] @ gradients[1])))
    exact = dl.Network(expr).values(depth, str(rho))
    mean, error = np.mean(seen, axis=0), np.std(seen, axis=0, ddof=1) / networks**0.5
    for found, sigma, limit in zip(mean, error, (float(exact.nngp), float(exact.ntk))):
        assert abs(found - limit) < 4 * sigma + 4 * abs(limit) / width
