"""What ``progress=`` means, for every function that takes it."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import Any, Callable, Iterator, Optional, Union

from ._errors import Error

Progress = Union[bool, Callable[[int, int], object], None]


@contextmanager
def watching(progress: Progress, what: str = "") -> Iterator[Optional[Callable[[int, int], object]]]:
    """What to call with ``(done, all)`` while something long goes on; None where nobody looks.

    Parameters
    ----------
    progress : bool, callable or None
        True: a bar by tqdm where it is installed, else a plain line on stderr. A callable is called with ``(done, all)`` from the
        thread that called the function, some twenty times a second; what it raises stops the work. None, False: nothing.
    what : str
        The words before the bar.

    Raises
    ------
    Error
        For anything else.

    Examples
    --------
    >>> from deeplimit._progress import watching
    >>> seen = []
    >>> with watching(lambda done, all: seen.append((done, all))) as tell:
    ...     tell(1, 2)
    ...     tell(2, 2)
    >>> seen
    [(1, 2), (2, 2)]
    >>> with watching(None) as tell:
    ...     print(tell)
    None
    """
    if progress is None or progress is False:
        yield None
    elif progress is True:
        bar = _bar(what)
        try:
            yield bar.tell
        finally:
            bar.close()
    elif callable(progress):
        yield progress
    else:
        raise Error(f"progress must be True, False, None or a callable of (done, all), got {type(progress).__name__}")


def _bar(what: str) -> Any:
    try:
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # in a notebook without ipywidgets tqdm warns, and then does the right thing
            from tqdm.auto import tqdm
    except ImportError:
        return _Line(what)
    return _Tqdm(tqdm, what)


class _Tqdm:
    """A bar that is made when it is known how much there is to do."""

    def __init__(self, tqdm: Any, what: str) -> None:
        self._tqdm, self._what, self._bar = tqdm, what, None

    def tell(self, done: int, all: int) -> None:
        if self._bar is None:
            self._bar = self._tqdm(total=all, desc=self._what or None)
        elif all != self._bar.total or done < self._bar.n:
            self._bar.reset(total=all)
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()


class _Line:
    """A line on stderr: rewritten on a terminal, else a new one every ten seconds and at the end."""

    def __init__(self, what: str) -> None:
        self._start = self._last = time.monotonic()
        self._head = f"{what}: " if what else ""
        self._told = self._written = None
        self._live = hasattr(sys.stderr, "isatty") and sys.stderr.isatty()

    def tell(self, done: int, all: int) -> None:
        self._told = (done, all)
        now = time.monotonic()
        if now - self._last >= (0.1 if self._live else 10.0):
            self._last = now
            self._write()

    def _write(self) -> None:
        if self._told is None or self._told == self._written or sys.stderr is None:
            return
        done, all = self._written = self._told
        share = 100 * done // all if all else 100
        line = f"{self._head}{done} of {all} ({share} %), {time.monotonic() - self._start:.0f} s"
        sys.stderr.write(f"\r{line}\x1b[K" if self._live else f"{line}\n")
        sys.stderr.flush()

    def close(self) -> None:
        self._write()
        if self._live and self._written is not None:
            sys.stderr.write("\n")
            sys.stderr.flush()
