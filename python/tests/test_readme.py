"""The Python in README.md runs, and what it says behind a number sign is what it prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"


@pytest.mark.skipif(not README.exists(), reason="the sources are not here")
def test_the_python_of_the_readme(capsys):
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.S)
    assert blocks
    names: dict = {}
    for block in blocks:
        for line in block.splitlines():
            code, _, said = line.partition("  # ")
            if code.startswith("print("):
                exec(code, names)
                assert capsys.readouterr().out.strip() == said.strip()
            elif said.strip().startswith("Number("):
                assert repr(eval(code, names)) == said.strip()
            elif line.strip():
                exec(line, names)
    assert names["K"].shape == (5000, 5000)
    assert 4 in names["phi"].classify().alpha
