"""What an infinitely wide neural network becomes when it is infinitely deep too."""

from ._core import Activation, Number, __version__, set_num_threads
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
