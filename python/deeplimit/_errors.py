"""The exceptions, on one page."""

from __future__ import annotations

__all__ = [
    "DataError",
    "DomainError",
    "Error",
    "Infeasible",
    "InternalError",
    "ParseError",
    "StoreError",
    "Timeout",
    "Undecided",
]


class Error(ValueError):
    """What deeplimit raises for every question that it cannot answer; one clear sentence each."""


class ParseError(Error):
    """The text is no expression. ``at`` is the place in it: ``(start, end)``, counted in characters."""

    at: tuple[int, int] | None = None


class DomainError(Error):
    """The question has no answer: an expectation that diverges, a correlation outside [-1, 1]. ``index`` is its place in a sequence."""

    index: int | tuple[int, ...] | None = None


class DataError(Error):
    """The data cannot be used as they are. ``index`` is the place, where there is one."""

    index: int | tuple[int, ...] | None = None


class Undecided(Error):
    """There may be an answer, but it was not reached; the sentence says what is missing."""


class Infeasible(Error):
    """Proved: nothing has what is wanted. ``why`` is the reason."""

    why: str | None = None


class Timeout(Error, TimeoutError):
    """The deadline came first."""


class StoreError(Error, OSError):
    """A file or folder cannot be read or written, or holds something else."""


class InternalError(RuntimeError):
    """A bug of deeplimit, caught; please report it."""


for _name in __all__:
    globals()[_name].__module__ = "deeplimit"
