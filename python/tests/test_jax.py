"""`to_jax`: a plain function under jit, grad and vmap."""

from __future__ import annotations

import numpy as np
import pytest

import deeplimit as dl

jax = pytest.importorskip("jax", reason="JAX is not here")
jax.config.update("jax_enable_x64", True)


@pytest.mark.parametrize("expr", ["gelu", "tanh", "softplus", "relu", "max(x, x/5)", "optimal(4)"])
def test_values_and_gradients_are_the_librarys(expr):
    act = dl.Activation(expr)
    phi = jax.jit(act.to_jax())
    x = np.linspace(-6, 6, 241) + 1e-3
    assert np.allclose(phi(x), act(x), rtol=1e-14, atol=1e-14)
    slope = jax.vmap(jax.grad(phi))(x)
    assert np.allclose(slope, act.derivative(x), rtol=1e-13, atol=1e-13)
    single = np.asarray(phi(x.astype(np.float32)))
    assert single.dtype == np.float32 and np.allclose(single, act(x), rtol=1e-5, atol=1e-6)


def test_its_source_is_there():
    assert "def phi" in dl.Activation("gelu").to_jax().source
