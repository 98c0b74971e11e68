"""`to_torch`: a module like any other."""

from __future__ import annotations

import copy
import io
import pickle
import re
import shutil
from pathlib import Path

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


def test_a_whole_model_is_saved_and_loaded():
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), dl.Activation("max(x, a*x)", a="1/5").to_torch())
    file, x = io.BytesIO(), torch.randn(5, 3)
    torch.save(model, file)
    file.seek(0)
    assert torch.equal(torch.load(file, weights_only=False)(x), model(x))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_stays_half_and_finite(dtype):
    x = torch.tensor([-1e4, -30.0, -1.0, 0.0, 1.0, 30.0, 1e4], dtype=dtype, requires_grad=True)
    for expr in SMOOTH[:4]:
        x.grad = None
        y = dl.Activation(expr).to_torch()(x)
        y.sum().backward()
        assert y.dtype == dtype and bool(torch.isfinite(y).all()) and bool(torch.isfinite(x.grad).all()), expr


def test_its_code_is_in_tracebacks():
    import inspect

    phi = dl.Activation("gelu").to_torch()
    assert inspect.getsource(phi._run).strip().startswith("def forward") and "class Phi" in phi.source


def test_integers_are_refused():
    with pytest.raises(TypeError, match="floating"):
        dl.Activation("relu").to_torch()(torch.arange(3))


@pytest.mark.skipif(not hasattr(torch, "compile"), reason="this PyTorch has no torch.compile")
def test_compile_and_vmap():
    phi = dl.Activation("gelu").to_torch()
    x = torch.randn(5, 3)
    assert torch.allclose(torch.compile(phi, fullgraph=True, backend="eager")(x), phi(x))
    assert torch.allclose(torch.func.vmap(phi)(x), phi(x))
    slope = torch.func.vmap(torch.func.grad(lambda t: phi(t)))(x.double().flatten())
    assert np.allclose(slope.numpy(), dl.Activation("gelu").derivative(x.double().flatten().numpy()), rtol=1e-13, atol=1e-13)


@pytest.mark.skipif(not hasattr(torch, "compile") or shutil.which("g++") is None, reason="inductor takes torch.compile and a C++ compiler")
def test_inductor():
    # not at a kink, where slopes are a matter of taste
    x = (torch.linspace(-6, 6, 97, dtype=torch.float64) + 1e-3).requires_grad_()
    for expr in ("gelu", "max(x, x/5)"):
        act = dl.Activation(expr)
        y = torch.compile(act.to_torch(), fullgraph=True)(x)
        (slope,) = torch.autograd.grad(y.sum(), x)
        given = x.detach().numpy()
        for found, exact in ((y, act(given)), (slope, act.derivative(given))):
            assert np.allclose(found.detach().numpy(), exact, rtol=1e-12, atol=1e-12), expr


PAGE = Path(__file__).parents[1] / "docs/torch.md"


@pytest.mark.skipif(not PAGE.exists(), reason="the sources are not here")
def test_the_page_keeps_its_word(capsys):
    names = {}
    for block in re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), flags=re.M | re.S):
        exec(block, names)
    accuracy = names["accuracy"]
    assert accuracy["designed"] > 0.9 and accuracy["designed"] > accuracy["sigmoid"] + 0.2


def kernels_at_initialisation(phi, inputs, *, width, depth, networks, first, weight, bias):
    """NNGP and NTK of all pairs of inputs, for each of some networks: ``h -> sqrt(weight/n) W h + sqrt(bias) b``, standard normal.

    The gradient by ``W`` is an outer product, so that of two inputs meet in ``(d . d') (weight/n) (h . h')``, ``d`` by autograd.
    """
    torch.manual_seed(0)
    seen = []
    for _ in range(networks):
        sizes = [inputs.shape[1]] + [width] * depth + [1]
        h, before, products = inputs, [], []
        for layer, (n, m) in enumerate(zip(sizes, sizes[1:])):
            scale = first if layer == 0 else weight / width
            products.append(scale * (h @ h.T).detach() + bias)
            z = scale**0.5 * (h @ torch.randn(n, m, dtype=torch.float64)) + bias**0.5 * torch.randn(m, dtype=torch.float64)
            before.append(z.requires_grad_())
            h = phi(z)
        deltas = torch.autograd.grad(before[-1].sum(), before)
        ntk = sum((d @ d.T) * product for d, product in zip(deltas, products))
        # the output's covariance, its last layer integrated out
        seen.append(torch.stack([products[-1], ntk]).numpy())
    return np.array(seen)


def test_the_tangent_kernel_is_that_of_the_parameters():
    """The short way above is the inner product of gradients by all parameters."""
    phi, inputs = torch.tanh, torch.tensor([[1.0, 0.0], [0.6, 0.8]], dtype=torch.float64)
    settings = {"width": 7, "depth": 2, "first": 1.5, "weight": 2.0, "bias": 0.3}
    short = kernels_at_initialisation(phi, inputs, networks=1, **settings)[0, 1]
    torch.manual_seed(0)
    params = []
    for n, m in ((2, 7), (7, 7), (7, 1)):
        params += [torch.randn(n, m, dtype=torch.float64), torch.randn(m, dtype=torch.float64)]
    params = [p.requires_grad_() for p in params]
    gradients = []
    for x in inputs:
        for layer in range(3):
            scale = 1.5 if layer == 0 else 2.0 / 7
            x = scale**0.5 * (x @ params[2 * layer]) + 0.3**0.5 * params[2 * layer + 1]
            x = phi(x) if layer < 2 else x
        gradients.append(torch.cat([g.flatten() for g in torch.autograd.grad(x.sum(), params)]))
    g = torch.stack(gradients)
    assert np.allclose(short, (g @ g.T).numpy(), rtol=1e-12)


@pytest.mark.parametrize("network", [{}, {"convention": "lee2019", "sigma_w": 1.5, "sigma_b": 0.5}], ids=["normalised", "biases"])
@pytest.mark.parametrize("expr", ["relu", "tanh", "gelu", "x*sigmoid(x)", "sin(x)"])
def test_a_wide_network_has_the_kernels(expr, network):
    """The mean over networks is within three of its standard errors, which tell the depth from the next."""
    width, depth, networks = 512, 2, 40
    rho = ["1", "9/10", "3/5", "-3/10"]
    values = [1.0, 0.9, 0.6, -0.3]
    inputs = torch.tensor([[r, (1 - r**2) ** 0.5] for r in values], dtype=torch.float64)
    act = dl.Activation(expr)
    if network:
        variances = {"first": 1.5**2, "weight": 1.5**2, "bias": 0.5**2}
    else:
        variances = {"first": 1.0, "weight": float(act.classify().normalisation), "bias": 0.0}
    seen = kernels_at_initialisation(act.to_torch(), inputs, width=width, depth=depth, networks=networks, **variances)
    # against the first input, whose correlations with the others are the list
    seen = seen[:, :, 0, :]
    mean, error = seen.mean(axis=0), seen.std(axis=0, ddof=1) / networks**0.5
    exact, next_one = (
        np.array([[float(p.nngp), float(p.ntk)] for p in dl.Network(act, **network).values(layers, rho)]).T
        for layers in (depth, depth + 1)
    )
    assert (np.abs(mean - exact) < 3 * error).all(), (mean - exact) / error
    assert (np.abs(mean - next_one) > 3 * error).any(axis=1)[1], "these networks tell nothing"
