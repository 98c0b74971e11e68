"""``progress=``: a bar, a line, a callable, nothing."""

import builtins
import sys

import pytest

from deeplimit import Error
from deeplimit._progress import watching


def test_nothing_and_callable():
    for nothing in (None, False):
        with watching(nothing) as tell:
            assert tell is None
    seen = []
    with watching(lambda *pair: seen.append(pair)) as tell:
        tell(0, 3)
        tell(3, 3)
    assert seen == [(0, 3), (3, 3)]


@pytest.mark.parametrize("bad", [1, "yes", 0.5, [print]])
def test_anything_else_is_refused(bad):
    with pytest.raises(Error, match="progress must be"):
        with watching(bad):
            pass


def test_bar_of_tqdm(capsys):
    pytest.importorskip("tqdm", reason="tqdm is not installed")
    with watching(True, "tiles") as tell:
        tell(1, 4)
        tell(4, 4)
    assert "tiles" in (err := capsys.readouterr().err) and "4/4" in err
    with watching(True) as tell:
        pass
    assert capsys.readouterr().err == ""


def test_line_without_tqdm(capsys, monkeypatch):
    real = builtins.__import__

    def without(name, *rest):
        if name.split(".")[0] == "tqdm":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    for module in [m for m in sys.modules if m.split(".")[0] == "tqdm"]:
        monkeypatch.delitem(sys.modules, module)
    with pytest.raises(KeyError):
        with watching(True, "tiles") as tell:
            tell(1, 4)
            tell(3, 4)
            raise KeyError
    assert capsys.readouterr().err.startswith("tiles: 3 of 4 (75 %), ")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with watching(True) as tell:
        tell(4, 4)
    err = capsys.readouterr().err
    assert err.startswith("\r4 of 4 (100 %)") and err.endswith("\n") and err.count("\n") == 1
