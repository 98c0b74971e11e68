"""From what is wanted of a deep network back to an activation that has it, with a certificate.

Every function answers with `Designs`, a sequence of `Design`; that nothing has what is wanted raises `Infeasible` (``.why``) where
it is proved, and `Undecided` where it is only not found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal, Union, overload

import numpy as np

from . import _core
from ._answers import plain
from ._core import Activation, Number
from ._errors import DataError, Error, Undecided

__all__ = ["Design", "Designs", "alpha", "critical", "extremal", "kernel", "nearest", "slopes"]

Real = Union[float, int, str, Fraction]


@dataclass(frozen=True)
class Design:
    """An activation that was found.

    Attributes
    ----------
    activation : Activation
    parameters : dict of str to Number
        What the free letters of a family stand for: enclosures of the roots.
    alpha : Number or None
        The exponent of its singular kernel, where it has one and it was asked for.
    certificate : dict
        What else is known of it; the names are those of ``deeplimit design ... --json``.
    """

    activation: Activation
    parameters: dict[str, Number] = field(default_factory=dict)
    alpha: Number | None = None
    certificate: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        words = [repr(self.activation.name)]
        words += [f"{name}={value}" for name, value in self.parameters.items()]
        if self.alpha is not None:
            words.append(f"alpha={self.alpha}")
        return f"Design({', '.join(words)})"

    def to_dict(self) -> dict[str, Any]:
        """As ``--json`` has it: strings, numbers, lists and dicts.

        Returns
        -------
        dict
        """
        return {
            "activation": self.activation.name,
            "parameters": plain(self.parameters),
            "alpha": plain(self.alpha),
            **plain(self.certificate),
        }


@dataclass(frozen=True)
class Designs(Sequence[Design]):
    """The activations that were found, and what is proved of them.

    Attributes
    ----------
    solutions : tuple of Design
    complete : bool
        There is no other: proved.
    proved : bool
        What is said of the solutions is proved.
    certificate : dict
        What is known beside the solutions (``remarks``, ``open``, ``wanted``, ...).
    """

    solutions: tuple[Design, ...]
    complete: bool
    proved: bool
    certificate: dict[str, Any] = field(default_factory=dict)

    @property
    def infeasible(self) -> str | None:
        """Why there is none: always None here, as `Infeasible` is raised instead."""
        return None

    def __len__(self) -> int:
        return len(self.solutions)

    def __iter__(self) -> Iterator[Design]:
        return iter(self.solutions)

    @overload
    def __getitem__(self, index: int) -> Design: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Design, ...]: ...

    def __getitem__(self, index: int | slice) -> Design | tuple[Design, ...]:
        return self.solutions[index]

    def __repr__(self) -> str:
        lines = ",\n ".join(map(repr, self.solutions))
        return f"[{lines}] (complete={self.complete}, proved={self.proved})"

    def _repr_html_(self) -> str:
        from ._html import designs

        return designs(self)

    def to_dict(self) -> dict[str, Any]:
        """As ``--json`` has it.

        Returns
        -------
        dict
        """
        return {
            "solutions": [one.to_dict() for one in self.solutions],
            "complete": self.complete,
            "infeasible": None,
            "proved": self.proved,
            **plain(self.certificate),
        }


def _designs(found: Any) -> Designs:
    solutions = tuple(Design(**one) for one in found["solutions"])
    return Designs(solutions, found["complete"], found["proved"], found["certificate"])


def alpha(
    d: Real,
    *,
    family: str | None = None,
    box: Mapping[str, tuple[Real, Real]] | None = None,
    depth: float | None = None,
    points: float | None = None,
    odd: bool = False,
    bounded: bool = False,
    monotone: bool = False,
    digits: int = 15,
    timeout: float | None = 60,
) -> Designs:
    """Activations whose singular kernel ``R(u)/u^alpha`` has a wanted exponent; ``alpha = d`` makes the classifier consistent on data of
    dimension ``d`` (Radhakrishnan, Belkin and Uhler 2022, Theorem 1).

    Parameters
    ----------
    d : float, int, Fraction or str
        The exponent, rational and greater than zero.
    family : str, optional
        An expression with one or two free letters, centred for you; without it one activation of each known kind is written.
    box : mapping of str to (from, to), optional
        Where each letter is looked for; ``"inf"`` where the family's end is proved.
    depth, points : float, optional
        `d` is the dimension of the data, the network has so many layers, and there are so many training points: an estimate of
        the exponent that makes up for the finite depth is designed for (``certificate["finite_depth"]``; its ``remark`` says where
        the estimate is out of its range).
    odd, bounded, monotone : bool, default False
        Without a family: known activations of that shape alone.
    digits : int, default 15
    timeout : float or None, default 60
        Seconds.

    Returns
    -------
    Designs
        With one letter: all members in the box, and it is proved that there are no others (``complete``). With two, those on
        thirteen lines through the box.

    Raises
    ------
    Infeasible
        No member in the box has the exponent: proved.
    Undecided
        No known activation has the exponent and the shape.
    DomainError, ParseError, Timeout

    Examples
    --------
    >>> from deeplimit import design
    >>> found = design.alpha(2, family="max(x-c, 0)", box={"c": (-6, 12)})
    >>> found.complete, found[0].parameters["c"]
    (True, Number(0.545085262773014))
    """
    if (family is None) != (box is None):
        raise Error("a family and a box belong together: give both or none")
    if (depth is None) != (points is None):
        raise Error("depth and points belong together: give both or none")
    shape = (odd, bounded, monotone)
    if any(shape) and family is not None:
        raise Error("a shape is asked of known activations: give it without a family")
    finite = None if depth is None or points is None else (float(depth), float(points))
    found = _designs(_core._design_alpha(d, family, _spans(box), shape, finite, digits, timeout))
    if not found and family is None:
        raise Undecided("none of the known kinds has this exponent and this shape, which proves nothing")
    return found


def _spans(box: Mapping[str, tuple[Real, Real]] | None) -> list[tuple[str, Any, Any]]:
    """Letters and the ends of their boxes."""
    spans = []
    for letter, ends in (box or {}).items():
        try:
            low, high = ends
        except (TypeError, ValueError):
            raise Error(f"the box of {letter} is a pair (from, to), got {ends!r}") from None
        spans.append((letter, low, high))
    return spans


def extremal(
    d: Real,
    what: Literal["largest-slope", "smallest-slope", "smallest-lipschitz"],
    *,
    degree: int | None = None,
    kinks: int | None = None,
    family: str | None = None,
    box: Mapping[str, tuple[Real, Real]] | None = None,
    odd: bool = False,
    digits: int = 15,
    timeout: float | None = 60,
) -> Designs:
    """Of all activations with ``alpha = d``, the one at an end.

    Parameters
    ----------
    d : float, int, Fraction or str
        The exponent, rational and greater than zero.
    what : {"largest-slope", "smallest-slope", "smallest-lipschitz"}
        The largest slope ``B'`` of the dual (the fewest layers to the limit), the smallest, or the smallest ``sup |phi'|`` at
        variance 1.
    degree : int, optional
        Among polynomials up to this degree; the largest slope asks for it.
    kinks : int, optional
        Among piecewise linear activations with so many kinks; the smallest Lipschitz constant asks for it.
    family, box : optional
        Among the members of a family, as in `alpha`.
    odd : bool, default False
        Among odd ones only.
    digits : int, default 15
    timeout : float or None, default 60

    Returns
    -------
    Designs
        The certificates have ``b_prime`` and ``lipschitz``; that of the whole has ``optimal`` (no other is better: proved), ``bound`` (no
        other is better than this: proved), and ``reason``. With two kinks and more it is the best found, and a bound for all
        activations.

    Raises
    ------
    Infeasible
        There is none, or none at the end (it is approached, and not attained): proved.
    DomainError
        The question has no answer.

    Examples
    --------
    >>> from deeplimit import design
    >>> found = design.extremal(4, "smallest-slope")
    >>> found.certificate["optimal"], found[0].certificate["b_prime"]
    (True, Number(1.61803398874989))
    """
    if (family is None) != (box is None):
        raise Error("a family and a box belong together: give both or none")
    found = _core._design_extremal(d, what, degree, kinks, family, _spans(box), odd, digits, timeout)
    return _designs(found)


def slopes(
    activation: str | Activation,
    slope: Real | None = None,
    *,
    network: str | None = None,
    tat: bool = False,
    curvature: Real | None = None,
    correlation: Real | None = None,
    layers: int | None = None,
    digits: int = 15,
    timeout: float | None = 60,
) -> Designs:
    """Affine wraps ``output_scale*(phi(input_scale*x + input_shift) + output_shift)`` with wanted slopes.

    Parameters
    ----------
    activation : str or Activation
    slope : float, int, Fraction or str, optional
        ``C'(1)`` of a layer: deep kernel shaping, ``Q(1) = Q'(1) = 1``, ``C(0) = 0`` (Martens et al. 2021).
    network : str, optional
        `slope` is that of a network, which this formula has where ``psi`` is that of a layer: ``"psi^50"`` for a chain,
        ``"((1+psi^2)/2)^16"`` for sixteen residual blocks of two layers with equal weights (``certificate["local_slope"]``).
    tat : bool, default False
        The tailored activation transformation instead, ``Q(1) = Q'(1) = C'(1) = 1`` (Zhang et al. 2022), with `curvature`.
    curvature : float, int, Fraction or str, optional
        ``C''(1)`` of a layer.
    correlation, layers : optional
        For ``leaky_relu`` with `tat`, instead of a curvature: so many layers take orthogonal inputs to this correlation. There is one
        negative slope from 0 to 1 that does, or none, proved.
    digits : int, default 15
    timeout : float or None, default 60

    Returns
    -------
    Designs
        Each enclosed and proved to be a solution; a grid leads to them, so others are not excluded. The certificates have
        ``input_scale``, ``input_shift``, ``output_shift``, ``output_scale``.

    Raises
    ------
    Infeasible
        Proved.
    Undecided
        None was found.

    Examples
    --------
    >>> from deeplimit import design
    >>> found = design.slopes("tanh", "11/10")
    >>> len(found), found[1].certificate["input_scale"]
    (2, Number(0.478618831077718))
    """
    if (correlation is None) != (layers is None):
        raise Error("correlation and layers belong together: give both or none")
    leaky = None if correlation is None or layers is None else (correlation, layers)
    if leaky is not None and curvature is not None:
        raise Error("a curvature and a correlation exclude each other")
    if tat != (curvature is not None or leaky is not None):
        raise Error("tat=True and a curvature (of leaky ReLUs: a correlation and layers) belong together: give both or none")
    if leaky is not None and slope is not None:
        raise Error("one of a slope (deep kernel shaping) and a correlation (with tat=True) is wanted")
    if network is not None and slope is None:
        raise Error("a network goes with its slope")
    found = _designs(_core._design_slopes(activation, slope, network, curvature, leaky, digits, timeout))
    if not found:
        raise Undecided("none was found, which proves nothing")
    return found


def critical(
    activation: str | Activation,
    *,
    scales: Sequence[Real] | None = None,
    rate: Real | None = None,
    digits: int = 15,
    timeout: float | None = 60,
) -> Designs:
    """Affine wraps ``output_scale*(phi(input_scale*x) + output_shift)`` at the edge of chaos, ``Q(1) = C'(1) = 1``, whose variance
    attracts, ``|Q'(1)| < 1``.

    Parameters
    ----------
    activation : str or Activation
    scales : sequence of float, int, Fraction or str, optional
        The input scales to look at: ``1/4, 1/2, 1, 2, 4`` where nothing is said.
    rate : float, int, Fraction or str, optional
        The wanted ``Q'(1)``, between -1 and 1: a disturbed variance is off by a factor ``rate`` less after a layer. Scales from 0.02 to 12
        are looked for instead; others are not excluded.
    digits : int, default 15
    timeout : float or None, default 60

    Returns
    -------
    Designs
        The certificates have ``input_scale``, ``output_shift``, ``output_scale``, ``variance_slope``, and, for the same network by
        weights and biases, ``sigma_w_squared`` and ``sigma_b_squared``.

    Raises
    ------
    Infeasible
        At none of these scales does the variance attract: proved.

    Examples
    --------
    >>> from deeplimit import design
    >>> found = design.critical("tanh", scales=[1])
    >>> found[0].certificate["sigma_w_squared"]
    Number(2.15330264890279)
    """
    if scales is not None and rate is not None:
        raise Error("scales and a rate exclude each other: the rate looks for the scales")
    scales = ("1/4", "1/2", 1, 2, 4) if scales is None else scales
    found = _designs(_core._design_critical(activation, list(scales), rate, digits, timeout))
    if not found and not found.proved:
        raise Undecided(" ".join(found.certificate["remarks"]))
    return found


def nearest(
    activation: str | Activation,
    alpha: Real,
    *,
    degree: int = 6,
    digits: int = 15,
    timeout: float | None = 60,
) -> Designs:
    """The activation nearest to a given one, in L2 under the normal law, with a wanted exponent: a polynomial is added.

    Parameters
    ----------
    activation : str or Activation
    alpha : float, int, Fraction or str
    degree : int, default 6
        Of the polynomial, from 2 to 20.
    digits : int, default 15
    timeout : float or None, default 60

    Returns
    -------
    Designs
        One. That it has the exponent is proved; it is the best found, not proved the nearest. ``certificate["distance"]`` is
        relative to the norm of the given one, its mean taken off.

    Examples
    --------
    >>> from deeplimit import design
    >>> found = design.nearest("tanh", 1)
    >>> found[0].certificate["distance"] < 0.1, 1 in found[0].alpha
    (True, True)
    """
    return _designs(_core._design_nearest(activation, alpha, degree, digits, timeout))


def kernel(
    target: str | Activation | Callable[[np.ndarray], Any] | Any,
    *,
    degree: int | None = None,
    tolerance: Real | None = None,
    sum_is_one: bool = False,
    series: bool = False,
    kind: Literal["nngp", "ntk"] = "nngp",
    layers: int | None = None,
    of: Literal["nngp", "ntk"] = "ntk",
    digits: int = 15,
    timeout: float | None = 60,
) -> Designs:
    """An activation whose network with one hidden layer has a wanted kernel ``sum b_k rho^k``, ``b_k >= 0`` (Simon, Anand and DeWeese 2022).

    Parameters
    ----------
    target : str, array_like, callable, Activation
        A formula in ``rho``; rows of ``(rho, value)``; a function of an array of correlations, which is sampled at 129 points (the
        error is that on these points); with `layers`, an activation.
    degree : int, optional
        The highest power of rho.
    tolerance : float, int, Fraction or str, optional
        The smallest degree with this error instead.
    sum_is_one : bool, default False
        The coefficients sum to 1: the activation is normalised.
    series : bool, default False
        The first coefficients of the kernel's own power series instead of the nearest.
    kind : {"nngp", "ntk"}, default "nngp"
        Which kernel of one hidden layer it shall be.
    layers : int, optional
        The target is the kernel `of` (``"ntk"`` or ``"nngp"``) of a network of the activation with so many hidden layers, divided by
        its value at 1.
    of : {"ntk", "nngp"}, default "ntk"
    digits : int, default 15
    timeout : float or None, default 60

    Returns
    -------
    Designs
        One. Its certificate has ``coefficients``, ``error`` (uniform, proved), ``error_at_least`` (no other is nearer: proved),
        ``best``, ``slope`` (of the activation for ``|x| <= 4``), ``regime``; that of the whole says whether the wanted kernel is
        ``positive_definite``.

    Raises
    ------
    Infeasible
        No degree has the tolerance: proved.

    Examples
    --------
    >>> from deeplimit import design
    >>> found = design.kernel("exp(rho-1)", degree=3)
    >>> found[0].certificate["best"], found[0].certificate["error"]
    (True, Number(0.00203377371))
    """
    if sum_is_one and series:
        raise Error("sum_is_one and series exclude each other")
    criterion = "series" if series else "sum-is-one" if sum_is_one else "nearest"
    if not isinstance(target, (str, Activation)):
        target = _rows(target)
    found = _core._design_kernel(target, layers, of, degree, tolerance, criterion, kind, digits, timeout)
    return _designs(found)


def _rows(target: Any) -> list[tuple[Any, Any]]:
    """Rows of a correlation and a value."""
    if callable(target):
        rho = np.cos(np.linspace(np.pi, 0.0, 129))
        values = np.asarray(target(rho.copy()))
        if values.shape != rho.shape or values.dtype.kind not in "biuf":
            raise DataError(
                f"the kernel must give a real number for each of {rho.size} correlations, "
                f"got {values.dtype} of shape {values.shape}"
            )
        return list(zip(rho.tolist(), values.astype(float).tolist()))
    try:
        return [(rho, value) for rho, value in target]
    except (TypeError, ValueError):
        raise Error(
            "the kernel is a formula in rho, rows of (rho, value), a function of an array, or an activation with layers="
        ) from None
