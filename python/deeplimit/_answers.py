"""Answers with more than one number: plain immutable records, picklable, with the names of the command line's JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, overload

from ._core import Number

__all__ = ["Classification", "LimitRow", "LimitTable", "NetworkValue"]


def plain(x: Any) -> Any:
    """The same as JSON has it: a `Number` as ``{"value", "radius", "exact"}``."""
    if isinstance(x, Number):
        return {"value": x.value, "radius": x.radius, "exact": x.exact}
    if isinstance(x, dict):
        return {key: plain(value) for key, value in x.items()}
    if isinstance(x, (list, tuple)):
        return [plain(item) for item in x]
    return x


@dataclass(frozen=True)
class Classification:
    """What a network with this activation becomes when it is infinitely wide and infinitely deep.

    The activation is normalised to ``E phi(Z)^2 = 1`` throughout, ``Z ~ N(0, 1)``.

    Attributes
    ----------
    activation : str
        As it is printed.
    regime : {"linear", "singular", "nearest-neighbour", "majority", "ordered", "flow", "frozen", "undecided"}
        What the kernel classifier becomes.
    phase : {"ordered", "edge-of-chaos", "chaotic"} or None
        Where the question makes sense (``A != 0``).
    sentence : str
        The regime in words, with its number.
    proved : bool
        Every equality by structure, every inequality by an enclosure.
    missing : list of str
        What a proof (or an answer) still needs.
    evidence : list of str
        The steps, each with the formula used.
    facts : list of dict
        What the steps stand on: ``constant stands bound``, with the enclosure that says so.
    nearby : list of dict
        Constants that are nearly, but not, what would make the verdict another.
    normalisation : Number or None
        ``c_sigma = 1/E phi(Z)^2`` of the activation as written.
    mean, mean_slope, slope : Number or None
        ``A = E phi(Z)``, ``A' = E phi'(Z)``, ``B' = E phi'(Z)^2``, the slope of the dual at 1.
    alpha : Number or None
        The exponent ``-4 log|A'|/log B'`` of the singular kernel.
    fixed_point, multiplier : Number or None
        The attracting fixed point of the dual in [0, 1], and the slope there.
    order : int or None
        Nearest-neighbour regime: the first ``n`` with ``a_n != 0``.
    edge_exponent : str or None
        Edge of chaos: ``dual(1-e) = 1 - e + kappa e^p + ...``.

    Examples
    --------
    >>> import deeplimit as dl
    >>> verdict = dl.classify("gelu")
    >>> print(verdict)
    gelu: majority vote (chaotic, c* = 0.7604...), proved
    >>> verdict.fixed_point
    Number(0.760401904895909)
    """

    activation: str
    regime: str
    phase: str | None
    sentence: str
    proved: bool
    missing: list[str]
    evidence: list[str]
    facts: list[dict[str, Any]]
    nearby: list[dict[str, Any]]
    normalisation: Number | None
    mean: Number | None
    mean_slope: Number | None
    slope: Number | None
    alpha: Number | None
    fixed_point: Number | None
    multiplier: Number | None
    order: int | None
    edge_exponent: str | None
    words: str

    def __str__(self) -> str:
        return self.words

    def __repr__(self) -> str:
        return f"<Classification {self.words}>"

    def to_dict(self) -> dict[str, Any]:
        """The words of ``deeplimit classify --json``.

        Returns
        -------
        dict
            Of strings, numbers, lists and dicts: ``json.dumps`` takes it.

        Examples
        --------
        >>> import deeplimit as dl
        >>> dl.classify("relu").to_dict()["b_prime"]
        {'value': '1', 'radius': '0', 'exact': '1'}
        """
        names = {"mean": "a", "mean_slope": "a_prime", "slope": "b_prime"}
        left_out = {"sentence", "words"}
        answer = {
            names.get(f.name, f.name): plain(getattr(self, f.name))
            for f in fields(self)
            if f.name not in left_out
        }
        answer["nearby"] = [
            {key: value for key, value in one.items() if key != "words"} for one in answer["nearby"]
        ]
        return answer


@dataclass(frozen=True)
class LimitRow:
    """The kernel at infinite depth at one correlation; `LimitTable.formula` says what the numbers are.

    Attributes
    ----------
    rho : str
        As it was given.
    limit : Number
        ``lim T_L`` in the normalisation of the regime; infinite on the diagonal where ``T_L`` outgrows it.
    function : Number or None
        The function that straightens the dual (Koenigs, Boettcher or Abel).
    correction : Number or None
        ``C``.
    slope : Number or None
        ``h'`` in the singular regime.
    R : Number or None
        ``u^alpha h``, ``u^2 = 2 (1 - rho)``, in the singular regime.
    """

    rho: str
    limit: Number
    function: Number | None
    correction: Number | None
    slope: Number | None
    R: Number | None


@dataclass(frozen=True)
class LimitTable:
    """The kernel at infinite depth: a row for each correlation. ``len``, iteration and indexing give rows; a name gives a column.

    Attributes
    ----------
    activation, regime, phase, proved, missing
        As in `Classification`.
    formula : str
        What ``limit``, ``function`` and ``correction`` are.
    multiplier : Number or None
        ``lambda``, ``m`` or ``b``: the slope of the dual at the attracting fixed point, where it is between 0 and 1.
    kappa : Number or None
        The coefficient of ``log(L+1)`` at the edge of chaos.
    verge : Number or None
        ``1 - c*``, where that is so small that ``function`` and ``correction`` are left out.
    alpha : Number or None
        The exponent of the singular kernel.
    rows : tuple of LimitRow

    Examples
    --------
    >>> import deeplimit as dl
    >>> table = dl.limit("relu", [0, "1/2"])
    >>> table["limit"]
    [Number(0.25 = 1/4), Number(0.25 = 1/4)]
    >>> [row.rho for row in table]
    ['0', '1/2']
    """

    activation: str
    regime: str
    phase: str | None
    proved: bool
    missing: list[str]
    formula: str
    multiplier: Number | None
    kappa: Number | None
    verge: Number | None
    alpha: Number | None
    rows: tuple[LimitRow, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "rows", tuple(self.rows))

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[LimitRow]:
        return iter(self.rows)

    @overload
    def __getitem__(self, key: int) -> LimitRow: ...
    @overload
    def __getitem__(self, key: slice) -> tuple[LimitRow, ...]: ...
    @overload
    def __getitem__(self, key: str) -> list[Any]: ...

    def __getitem__(self, key: int | slice | str) -> Any:
        if isinstance(key, str):
            if key not in (f.name for f in fields(LimitRow)):
                raise KeyError(key)
            return [getattr(row, key) for row in self.rows]
        return self.rows[key]

    def plot(self, ax: Any = None) -> Any:
        """The limits against the correlations (where they are finite).

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            New ones without.

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        Error
            Where no limit is finite.
        """
        from ._plot import limit_plot

        return limit_plot(self, ax=ax)

    def to_dict(self) -> dict[str, Any]:
        """Everything as strings, numbers, lists and dicts.

        Returns
        -------
        dict
        """
        return {
            f.name: [{g.name: plain(getattr(row, g.name)) for g in fields(row)} for row in self.rows]
            if f.name == "rows"
            else plain(getattr(self, f.name))
            for f in fields(self)
        }


@dataclass(frozen=True)
class NetworkValue:
    """Both kernels of a network at one correlation.

    Attributes
    ----------
    rho : str
        As it was given.
    nngp : Number
        ``S_L``: the covariance of the Gaussian process at initialisation.
    ntk : Number
        ``T_L``: the neural tangent kernel.
    limit, correction : Number or None
        Those of the regime at this correlation (`LimitTable`), where the limit kernel was used.
    """

    rho: str
    nngp: Number
    ntk: Number
    limit: Number | None
    correction: Number | None


for _name in __all__:
    globals()[_name].__module__ = "deeplimit"
