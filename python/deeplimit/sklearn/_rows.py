"""What all estimators ask: a compiled kernel of their parameters, and rows as it takes them."""

from __future__ import annotations

import math
from functools import lru_cache
from numbers import Integral, Real
from typing import Any

import numpy as np

from .. import Activation, Kernel, _arrays
from .._errors import DataError, DomainError
from .._kernel import LENGTHS


def _number(value: Any, name: str) -> Any:
    """A float, a text, or None: what stands for one constant is one key."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Real) and not isinstance(value, (bool, np.bool_)) and math.isfinite(value):
        return int(value) if isinstance(value, Integral) else float(value)
    raise DataError(f"{name} must be a number or the text of one, got {value!r}")


def depth_of(depth: Any) -> int | str:
    if isinstance(depth, str):
        text = depth.strip()
        if text == "inf":
            return text
        depth = int(text) if text.isdigit() else depth
    elif isinstance(depth, Real) and not isinstance(depth, (bool, np.bool_)):
        if depth == math.inf:
            return "inf"
        depth = int(depth) if depth == int(depth) else depth
    if isinstance(depth, int) and not isinstance(depth, bool) and depth >= 1:
        return depth
    raise DataError(f'depth must be a number of layers from 1 on, or "inf", got {depth!r}')


@lru_cache(maxsize=128)
def cached(
    activation: Any, depth: Any, kind: str, sigma_w: Any, sigma_b: Any, lengths: str
) -> Kernel:
    # either of them given: weights and biases of any variance are those of Lee et al. 2019 (and neural-tangents)
    convention = None if sigma_w is None and sigma_b is None else "lee2019"
    return Kernel(
        activation,
        depth,
        kind=kind,
        sigma_w=sigma_w,
        sigma_b=sigma_b,
        convention=convention,
        lengths=lengths,
    )


def compiled(owner: Any, sigma_w: Any = None, sigma_b: Any = None) -> Kernel:
    """The kernel of these parameters: compiled once in a process, whatever clones there are."""
    activation, lengths, kind = owner.activation, owner.lengths, owner.kind
    if not isinstance(activation, (str, Activation)):
        raise DataError(
            f"activation must be an expression or a deeplimit.Activation, got {type(activation).__name__}"
        )
    for name, value, words in (("lengths", lengths, LENGTHS), ("kind", kind, ("ntk", "nngp"))):
        if value not in words:
            raise DataError(f"{name} must be one of {', '.join(words)}, got {value!r}")
    sigma_w = owner.sigma_w if sigma_w is None else sigma_w
    sigma_b = owner.sigma_b if sigma_b is None else sigma_b
    return cached(
        activation,
        depth_of(owner.depth),
        kind,
        _number(sigma_w, "sigma_w"),
        _number(sigma_b, "sigma_b"),
        # a row of zeros and the constant 1 are given a coordinate of their own here (`rows_of`)
        "unit" if lengths == "lift" else lengths,
    )


def rows_of(X: Any, lengths: str) -> np.ndarray:
    """The rows as the kernel takes them: with a coordinate more, where one is needed.

    Lifted, it is 1; else a row of zeros gets 1 there and the others 0, which makes it orthogonal to them.
    """
    X = np.ascontiguousarray(X, dtype=np.float64)
    if lengths not in ("unit", "lift"):
        return X
    out = np.empty((X.shape[0], X.shape[1] + 1))
    out[:, :-1] = X
    out[:, -1] = 1.0 if lengths == "lift" else ~X.any(axis=1)
    return out


def scale_of(kernel: Kernel) -> float:
    """What the compiled values have to be multiplied by."""
    if kernel.log_scale == 0.0:
        return 1.0
    if abs(kernel.log_scale) > 690.0:
        raise DomainError(
            f"the entries of this kernel are e^{kernel.log_scale:.1f} times doubles: take fewer layers, or a sigma_w nearer to the edge of chaos"
        )
    return math.exp(kernel.log_scale)


def definite(kernel: Kernel, what: str) -> None:
    """Refuses what has no Gram matrix that is positive definite."""
    if kernel.classifier == "interpolant":
        raise DomainError(
            f"{what} needs a kernel that is positive definite, and that of {kernel.activation} at depth {kernel.depth} is so only for weights whose sum is 0 "
            "(it becomes an interpolant): DeepKernelClassifier can use it, and finite depths are positive definite"
        )
    if kernel.infinite_diagonal:
        raise DomainError(
            f"{what} needs a kernel that is finite at equal inputs, and that of {kernel.activation} at depth {kernel.depth} is not "
            f"(it becomes a {kernel.classifier}): DeepKernelClassifier can use it, and any finite depth of a continuous activation is finite"
        )


def ridge_of(ridge: Any) -> float:
    if (
        isinstance(ridge, Real)
        and not isinstance(ridge, (bool, np.bool_))
        and 0.0 <= ridge < math.inf
    ):
        return float(ridge)
    raise DataError(f"ridge must be a number from 0 on, got {ridge!r}")


def checked(X: Any, name: str) -> np.ndarray:
    """Rows, some at least, and finite: ``SVC`` and ``KernelRidge`` do not look at what they hand to a kernel."""
    X, _ = _arrays.rows(X, name)
    if len(X) == 0:
        raise DataError(f"{name} must have rows and columns, got shape {X.shape}")
    finite = np.isfinite(X)
    if not finite.all():
        index = tuple(int(i) for i in np.argwhere(~finite)[0])
        error = DataError(f"{name}[{index[0]}, {index[1]}] is {X[index]}")
        error.index = index
        raise error
    return X
