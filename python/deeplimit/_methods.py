"""Methods of `Activation` that take another package, which is imported when they are called."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ._callable import from_callable
from ._core import Activation


def to_torch(self: Activation) -> Any:
    """The activation as a ``torch.nn.Module``: pickle, deepcopy, ``state_dict``, ``gradcheck`` and ``torch.compile`` work.

    Returns
    -------
    torch.nn.Module

    Raises
    ------
    ImportError
        Without PyTorch.
    """
    from ._torch import to_torch

    return to_torch(self)


def to_jax(self: Activation) -> Callable[..., Any]:
    """The activation as a function for JAX, under ``jit``, ``grad`` and ``vmap``.

    Returns
    -------
    callable

    Raises
    ------
    ImportError
        Without JAX.
    """
    from ._jax import to_jax

    return to_jax(self)


def plot(self: Activation, ax: Any = None) -> Any:
    """The activation and its derivative over the normal density.

    Parameters
    ----------
    ax : matplotlib.axes.Axes, optional
        New ones without.

    Returns
    -------
    matplotlib.axes.Axes
    """
    from ._plot import plot

    return plot(self, ax=ax)


def cobweb(self: Activation, rho: float = 0.9, ax: Any = None) -> Any:
    """The dual and the way of a correlation through the layers, as a cobweb.

    Parameters
    ----------
    rho : float, default 0.9
        Where it begins.
    ax : matplotlib.axes.Axes, optional
        New ones without.

    Returns
    -------
    matplotlib.axes.Axes
    """
    from ._plot import cobweb

    return cobweb(self, rho, ax=ax)


def spectrum(self: Activation, n: int = 40, ax: Any = None) -> Any:
    """The squares of the Hermite coefficients: what of the activation is of which degree.

    Parameters
    ----------
    n : int, default 40
        The last degree.
    ax : matplotlib.axes.Axes, optional
        New ones without.

    Returns
    -------
    matplotlib.axes.Axes
    """
    from ._plot import spectrum

    return spectrum(self, n, ax=ax)


def kernel_plot(self: Activation, depths: Sequence[int | str] = (1, 10, 100, "inf"), ax: Any = None) -> Any:
    """The tangent kernel as a function of the correlation, at several depths.

    Parameters
    ----------
    depths : sequence of int or "inf"
    ax : matplotlib.axes.Axes, optional
        New ones without.

    Returns
    -------
    matplotlib.axes.Axes
    """
    from ._plot import kernel_plot

    return kernel_plot(self, depths, ax=ax)


for _method in (to_torch, to_jax, plot, cobweb, spectrum, kernel_plot):
    _method.__qualname__ = f"Activation.{_method.__name__}"
    setattr(Activation, _method.__name__, _method)
Activation.from_callable = classmethod(from_callable)  # type: ignore[assignment]
