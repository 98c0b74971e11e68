"""Activations as JAX functions."""

from __future__ import annotations

from typing import Any, Callable

from ._code import namespace

try:
    import jax  # noqa: F401
except ImportError as error:
    raise ImportError("to_jax needs JAX: pip install jax") from error

__all__ = ["to_jax"]


def to_jax(activation: Any) -> Callable[..., Any]:
    """The activation as a plain function of an array, for jit, grad and vmap; in doubles where ``jax_enable_x64`` is set.

    ``f.source`` is the code that runs, that of ``activation.emit("jax")``.
    """
    source = activation.emit("jax")
    phi = namespace(source, str(activation.expr))["phi"]
    phi.source = source
    return phi
