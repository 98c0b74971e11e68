"""What an infinitely wide neural network becomes when it is infinitely deep too."""

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
