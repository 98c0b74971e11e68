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

_Array = npt.NDArray[np.float64]
_Progress = bool | Callable[[int, int], object] | None

class Kernel:
    """Compiled once; thread-safe; picklable (rebuilds)."""
    def __new__(cls, activation: str | Activation, depth: int | Literal["inf"] = 3, *, kind: Literal["ntk", "nngp"] = "ntk",
                sigma_w: _Real | None = None, sigma_b: _Real | None = None, convention: str | None = None,
                lengths: Literal["unit", "keep", "lift", "strict"] = "unit", timeout: float | None = 60) -> Kernel: ...
    activation: str; depth: int | Literal["inf"]; kind: str; lengths: str
    error: float; log_scale: float; infinite_diagonal: bool; classifier: str; regime: str | None
    def __call__(self, X: npt.ArrayLike, Y: npt.ArrayLike | None = None, /, *, out: _Array | None = None, progress: _Progress = None) -> _Array: ...
    def decisive(self, X: npt.ArrayLike, Y: npt.ArrayLike | None = None, /) -> _Array: ...   # what the classifier decides by
    def diag(self, X: npt.ArrayLike, /) -> _Array: ...
    def at(self, rho: npt.ArrayLike, /) -> _Array: ...
    def slope_at(self, rho: npt.ArrayLike, /) -> _Array: ...
    def fit(self, X: npt.ArrayLike, labels: npt.ArrayLike, *, ridge: float = 0.0) -> Fitted: ...   # every regime: regression, smoother, vote, nearest
    def to_zarr(self, path: str | PathLike[str], X: npt.ArrayLike, Y: npt.ArrayLike | None = None, *, shard: tuple[int, int] = (1, 1), chunks: int = 512, progress: _Progress = None, overwrite: bool = False) -> None: ...
    # for deeplimit.dask: _store(path, X, Y, chunks) -> Store with .missing() -> list[(i, j)], .fill(i, j), .finish(), tile_shape

class Fitted:
    def scores(self, X: npt.ArrayLike, /) -> _Array: ...      # one column per class
    def labels(self, X: npt.ArrayLike, /) -> npt.NDArray[np.int64]: ...
    def left_out(self) -> npt.NDArray[np.int64]: ...

def cntk(images: npt.ArrayLike, other: npt.ArrayLike | None = None, /, *, depth: int, activation: str | Activation = "relu", pooling: bool = True,
         layout: Literal["nhwc", "nchw"] | None = None, dtype: Literal["f4", "f8"] = "f8", progress: _Progress = None) -> _Array: ...

# deeplimit.design:  alpha(d, *, family=None, box=None, digits=15, timeout=60) -> Designs;  slopes(activation, slope, *, tat=False, curvature=None);
#   kernel(target, *, degree=None, tolerance=None, sum_is_one=False, kind="nngp"|"ntk"); critical(activation); nearest(activation, alpha)
#   Designs: a sequence of Design(.activation: Activation, .parameters: dict[str, Number], .alpha, .certificate ...), .complete, .proved, .infeasible;
#   nothing feasible, proved: raises Infeasible(.why)
# deeplimit.papers:  check(key_or_claim="radhakrishnan2022", *, data=None, progress=None) -> list of findings with agree/differ/not attempted; list()
# deeplimit.sklearn: DeepKernel, DeepKernelClassifier, DeepKernelRegressor, DeepKernelFeatures;  deeplimit.dask: gram, to_zarr
