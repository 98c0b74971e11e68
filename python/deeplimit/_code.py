"""Emitted source as Python functions that tracebacks, `inspect` and torch.compile can see."""

from __future__ import annotations

import linecache
from hashlib import blake2b
from typing import Any


def namespace(source: str, what: str) -> dict[str, Any]:
    """The names that the source defines; its lines are in `linecache` under ``<deeplimit WHAT DIGEST>``."""
    label = "".join(c if c.isprintable() and c not in "<>" else " " for c in what)[:60]
    filename = f"<deeplimit {label} {blake2b(source.encode(), digest_size=4).hexdigest()}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    names: dict[str, Any] = {"__name__": "deeplimit.emitted", "__file__": filename}
    exec(compile(source, filename, "exec"), names)
    return names
