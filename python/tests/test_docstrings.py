"""The examples in the docstrings, those of the extension included, do what they say."""

from __future__ import annotations

import doctest
import importlib
import inspect

import pytest

import deeplimit
from deeplimit import _core

MODULES = ["deeplimit", "deeplimit._answers", "deeplimit._callable", "deeplimit._methods", "deeplimit._progress", "deeplimit._kernel", "deeplimit.design", "deeplimit.papers"]


def documented():
    """Name and object of all that has a docstring."""
    seen = set()
    for module in [*map(importlib.import_module, MODULES), _core]:
        for name, thing in vars(module).items():
            own = getattr(thing, "__module__", None) or ""
            if not own.startswith("deeplimit") and module is not _core or id(thing) in seen:
                continue
            seen.add(id(thing))
            yield f"{module.__name__}.{name}", thing
            if inspect.isclass(thing):
                for inner, method in vars(thing).items():
                    yield f"{module.__name__}.{name}.{inner}", method


CASES = {name: thing.__doc__ for name, thing in documented() if isinstance(getattr(thing, "__doc__", None), str)}
EXAMPLES = {name: text for name, text in CASES.items() if ">>>" in text}


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_example(name):
    test = doctest.DocTestParser().get_doctest(EXAMPLES[name], {}, name, None, 0)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    runner.run(test)
    assert runner.failures == 0


def test_what_is_public_is_documented():
    public = [n for n in dir(deeplimit) if not n.startswith("_") and callable(getattr(deeplimit, n))]
    assert all(getattr(deeplimit, n).__doc__ for n in public)
    for cls in (deeplimit.Activation, deeplimit.Network, deeplimit.Number):
        methods = [m for m in dir(cls) if not m.startswith("_") and callable(getattr(cls, m))]
        assert all(getattr(cls, m).__doc__ for m in methods), cls
