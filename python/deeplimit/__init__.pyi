# The contract. Pure Python layers stand in deeplimit/_*.py; what asks Rust in python/src.
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from os import PathLike
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

_Real = float | int | str  # "sqrt(2)", "1e-3", "1/3": text is exact, a float is the number that it is
from ._answers import Classification as Classification, LimitRow as LimitRow, LimitTable as LimitTable, NetworkValue as NetworkValue
from ._callable import CallableActivation as CallableActivation, KernelEstimates as KernelEstimates
from ._core import (
    Activation as Activation,
    Network as Network,
    Number as Number,
    __version__ as __version__,
    activations as activations,
    classify as classify,
    dual as dual,
    expect as expect,
    hermite as hermite,
    limit as limit,
    set_num_threads as set_num_threads,
)
from ._fitted import Fitted as Fitted
from ._images import cntk as cntk
from ._kernel import Kernel as Kernel
from ._errors import (
    DataError as DataError,
    DomainError as DomainError,
    Error as Error,
    Infeasible as Infeasible,
    InternalError as InternalError,
    ParseError as ParseError,
    StoreError as StoreError,
    Timeout as Timeout,
    Undecided as Undecided,
)

# deeplimit.design:  alpha(d, *, family=None, box=None, digits=15, timeout=60) -> Designs;  slopes(activation, slope, *, tat=False, curvature=None);
#   kernel(target, *, degree=None, tolerance=None, sum_is_one=False, kind="nngp"|"ntk"); critical(activation); nearest(activation, alpha)
#   Designs: a sequence of Design(.activation: Activation, .parameters: dict[str, Number], .alpha, .certificate ...), .complete, .proved, .infeasible;
#   nothing feasible, proved: raises Infeasible(.why)
# deeplimit.papers:  check(key_or_claim="radhakrishnan2022", *, data=None, progress=None) -> list of findings with agree/differ/not attempted; list()
# deeplimit.sklearn: DeepKernel, DeepKernelClassifier, DeepKernelRegressor, DeepKernelFeatures;  deeplimit.dask: gram, to_zarr

def __dir__() -> list[str]: ...
