"""Papers as claims that are measured: what a paper says of a quantity, what it is, and a verdict.

The claims are those of the repository's ``papers/`` and come with the package. Claims that take data sets are not attempted here;
the command ``deeplimit papers check --data DIR`` measures them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from os import PathLike, fspath
from typing import Any, Union

from . import _core
from ._answers import plain
from ._core import Number
from ._errors import Error

__all__ = ["Claim", "Finding", "check", "list"]

_list = list


@dataclass(frozen=True)
class Claim:
    """A statement of a paper that can be measured.

    Attributes
    ----------
    paper, claim : str
        Its keys: ``radhakrishnan2022/theorem-1.ratio``.
    statement : str
        In own words.
    source : str
        Where the paper says so.
    quantity, parameters : str
        What is measured, and of what.
    expected : str
        What the paper says of it.
    origin : str
        Where the value and its tolerance come from.
    effort : int
        1: quick; 2: seconds; 3: minutes.
    """

    paper: str
    claim: str
    statement: str
    source: str
    quantity: str
    parameters: str
    expected: str
    origin: str
    effort: int


@dataclass(frozen=True)
class Finding(Claim):
    """A claim with its verdict.

    Attributes
    ----------
    verdict : {"agrees", "differs", "not attempted"}
        A number agrees where it is certainly within the bounds, and differs where it is certainly outside.
    measured : Number, str or None
    notes : list of str
        How it was measured, or why not.
    seconds : float
    """

    verdict: str
    measured: Number | str | None
    notes: _list[str]
    seconds: float

    def __repr__(self) -> str:
        measured = "" if self.measured is None else f", {self.measured}"
        return f"<Finding {self.paper}/{self.claim}: {self.verdict}{measured} ({self.expected})>"

    def to_dict(self) -> dict[str, Any]:
        """As ``deeplimit papers check --json`` has it.

        Returns
        -------
        dict
        """
        return {name: plain(value) for name, value in self.__dict__.items()}


def list(  # noqa: A001
    target: str | None = None, *, folder: str | PathLike[str] | None = None
) -> _list[Claim]:
    """The claims of a paper, or of all.

    Parameters
    ----------
    target : str, optional
        ``KEY`` or ``KEY/CLAIM``; the beginning of a claim's key names all that begin so.
    folder : path, optional
        Own claims, ``KEY/claims.toml``, instead of those of the package.

    Returns
    -------
    list of Claim

    Examples
    --------
    >>> from deeplimit import papers
    >>> sorted({claim.paper for claim in papers.list()})
    ['arora2019', 'arora2020', 'lee2019', 'radhakrishnan2022']
    """
    found = _core._papers_list(target, None if folder is None else fspath(folder))
    return [Claim(**one) for one in found]


def check(
    target: str | None = "radhakrishnan2022",
    *,
    effort: int = 1,
    folder: str | PathLike[str] | None = None,
    timeout: float | None = None,
    progress: Union[bool, Callable[[int, int], object], None] = None,
) -> _list[Finding]:
    """Measure the claims of a paper.

    Parameters
    ----------
    target : str or None, default "radhakrishnan2022"
        As in `list`; None: all.
    effort : {1, 2, 3}, default 1
        Claims of more effort are not attempted.
    folder : path, optional
        As in `list`.
    timeout : float or None
        Seconds for all of them together; claims that are late are not attempted.
    progress : bool or callable, optional
        True for a progress bar, or a function of ``(done, all)``.

    Returns
    -------
    list of Finding

    Raises
    ------
    DataError
        Where there is no such paper or claim, or its file is damaged.

    Examples
    --------
    >>> from deeplimit import papers
    >>> found = papers.check("radhakrishnan2022/theorem-1")
    >>> {one.verdict for one in found if one.effort == 1}
    {'agrees'}
    """
    from ._progress import watching

    if effort not in (1, 2, 3):
        raise Error(f"the effort is 1, 2 or 3, got {effort!r}")
    path = None if folder is None else fspath(folder)
    with watching(progress, "claims") as report:
        found = _core._papers_check(target, path, effort, timeout, report)
    return [Finding(**one) for one in found]
