"""Activations as PyTorch modules."""

from __future__ import annotations

from typing import Any

from ._code import namespace

try:
    import torch
    from torch import nn
except ImportError as error:
    raise ImportError("to_torch needs PyTorch: pip install torch") from error

__all__ = ["TorchActivation", "to_torch"]


class TorchActivation(nn.Module):
    r"""An activation as a module: :math:`x \mapsto \varphi(x)`, entry by entry.

    It runs the code of ``activation.emit("torch")``: no parameters and no buffers, the dtype and device of the input, gradients of
    any order by autograd, finite in half precision wherever the code's own text says so. It pickles by the activation's text and is
    compiled again where it is loaded, so ``torch.save``, ``copy.deepcopy``, ``torch.compile(fullgraph=True)`` and
    ``torch.func`` work. Integers are refused, as by most of PyTorch's own activations.

    Parameters
    ----------
    activation : Activation or str
        The activation.

    Attributes
    ----------
    activation : Activation
        What it was made of.
    source : str
        The code that runs.

    Examples
    --------
    >>> import deeplimit as dl
    >>> phi = dl.Activation("x*sigmoid(x)").to_torch()    # doctest: +SKIP
    >>> nn.Sequential(nn.Linear(3, 4), phi)               # doctest: +SKIP
    Sequential(
      (0): Linear(in_features=3, out_features=4, bias=True)
      (1): TorchActivation(x*sigmoid(x))
    )
    """

    def __init__(self, activation: Any) -> None:
        super().__init__()
        if isinstance(activation, str):
            from . import Activation

            activation = Activation(activation)
        self.activation = activation
        self._compile()

    def _compile(self) -> None:
        self.source = self.activation.emit("torch", name="Phi")
        self._run = namespace(self.source, str(self.activation.expr))["Phi"].forward

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not x.is_floating_point():
            raise TypeError(f"a tensor of floating-point numbers is needed, got {x.dtype}")
        return self._run(self, x)

    def extra_repr(self) -> str:
        return str(self.activation.expr)

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        del state["_run"], state["source"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._compile()


def to_torch(activation: Any) -> TorchActivation:
    """The activation as a PyTorch module."""
    return TorchActivation(activation)
