"""How the objects look in a notebook: well-formed, escaped, without a colour of their own."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

import deeplimit as dl


class Balanced(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


OBJECTS = [
    dl.classify("x if x < 0 else tanh(x)"),
    dl.classify("gelu"),
    dl.limit("tanh", ["1/2", "9/10"]),
    dl.Kernel("tanh", "inf"),
    dl.Network("relu").values(3, "1/2"),
    dl.expect("exp(x)"),
    dl.design.alpha(2),
    dl.design.alpha(2, family="max(x-c, 0)", box={"c": (-6, 12)}),
]


@pytest.mark.parametrize("thing", OBJECTS, ids=lambda x: type(x).__name__)
def test_well_formed_and_without_colours(thing):
    html = thing._repr_html_()
    parser = Balanced()
    parser.feed(html)
    parser.close()
    assert not parser.open
    assert "<0" not in html and "< 0" not in html
    for colour in ("#", "white", "black", "rgb("):
        assert colour not in html.replace("&#x27;", "")


def test_the_verdict_and_its_numbers_are_there():
    html = dl.classify("gelu")._repr_html_()
    assert "majority vote" in html and "0.760401904895909" in html and "proved" in html and "<details>" in html


def test_the_formula_is_one_line_of_mathematics():
    latex = dl.Activation("gelu")._repr_latex_()
    assert latex.startswith("$") and latex.endswith("$") and "%" not in latex and r"\operatorname{erf}" in latex


def test_missing_packages_are_named(monkeypatch):
    import sys

    for module, call, command in (
        ("torch", "to_torch", "pip install torch"),
        ("jax", "to_jax", "pip install jax"),
        ("matplotlib.pyplot", "plot", "pip install matplotlib"),
    ):
        monkeypatch.setitem(sys.modules, module, None)
        monkeypatch.delitem(sys.modules, f"deeplimit._{call[3:]}", raising=False)
        with pytest.raises(ImportError, match=command):
            getattr(dl.Activation("relu"), call)()


def test_a_notebook_shows_the_formula_and_not_the_name():
    # of HTML and LaTeX a notebook takes HTML
    assert not hasattr(dl.Activation("gelu"), "_repr_html_")
