"""What an infinitely wide neural network becomes when it is infinitely deep too."""

from __future__ import annotations

from . import _html, _methods
from ._answers import Classification, LimitRow, LimitTable, NetworkValue
from ._callable import CallableActivation, KernelEstimates
from ._core import (
    Activation,
    Network,
    Number,
    __version__,
    activations,
    classify,
    dual,
    expect,
    hermite,
    limit,
    set_num_threads,
)
from ._fitted import Fitted
from ._images import cntk
from ._kernel import Kernel
from ._errors import (
    DataError,
    DomainError,
    Error,
    Infeasible,
    InternalError,
    ParseError,
    StoreError,
    Timeout,
    Undecided,
)

_ROOMS = ("dask", "design", "papers", "sklearn")


def __getattr__(name: str) -> object:
    # what takes other packages, or time, is imported when it is asked for
    if name in _ROOMS:
        from importlib import import_module

        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_ROOMS} - {"_ROOMS"})
