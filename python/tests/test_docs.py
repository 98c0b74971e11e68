"""The pages' examples run, and print what they say; what is public stands on the API's page; the table beside neural-tangents runs."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import numpy as np
import pytest

import deeplimit as dl

PYTHON = Path(__file__).parents[1]
PAGES = PYTHON / "docs"
pytestmark = pytest.mark.skipif(not PAGES.exists(), reason="the sources are not here")

WITH_EXAMPLES = ["docs/index.md", "docs/tour.md", "README.md"] + [f"docs/theory/{p.name}" for p in sorted(PAGES.glob("theory/[0-9]*.md"))]


@pytest.mark.parametrize("page", WITH_EXAMPLES)
def test_the_examples_of_a_page(page):
    path = PYTHON / page
    # a fence ends an example's output as an empty line does
    text = re.sub(r"^```(python)?$", "", path.read_text(encoding="utf-8"), flags=re.M)
    test = doctest.DocTestParser().get_doctest(text, {}, page, str(path), 0)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL)
    runner.run(test)
    assert test.examples and runner.failures == 0


def test_everything_public_is_on_the_page_of_the_api():
    page = (PAGES / "api.md").read_text(encoding="utf-8")
    on_it = set(re.findall(r"auto(?:class|function|exception):: (?:deeplimit\.)?(\w+)", page))
    public = {n for n in vars(dl) if n[0].isalpha() and n != "annotations" and getattr(getattr(dl, n), "__module__", "").startswith("deeplimit")}
    assert public - on_it == set()


def _there(x, z, layers, sigma_w, sigma_b):
    """``stax.serial(Dense, Erf, .., Dense)`` by the formulas of Novak et al. 2020, ``parameterization="ntk"``: (nngp, ntk)."""
    d = x.shape[1]
    k, qx, qz = x @ z.T / d, (x * x).sum(1) / d, (z * z).sum(1) / d
    ntk = np.zeros_like(k)
    for layer in range(layers + 1):
        k, qx, qz = (sigma_w**2 * q + sigma_b**2 for q in (k, qx, qz))
        ntk = k + sigma_w**2 * ntk
        if layer < layers:
            s = np.outer(1 + 2 * qx, 1 + 2 * qz)
            ntk = ntk * 4 / np.pi / np.sqrt(s - 4 * k * k)
            k = 2 / np.pi * np.arcsin(2 * k / np.sqrt(s))
            qx, qz = (2 / np.pi * np.arcsin(2 * q / (1 + 2 * q)) for q in (qx, qz))
    return k, ntk


def test_the_same_numbers_as_in_neural_tangents():
    rng = np.random.default_rng(3)
    x, z = (v * np.sqrt(6) / np.linalg.norm(v, axis=1, keepdims=True) for v in (rng.normal(size=(5, 6)), rng.normal(size=(4, 6))))
    nngp, ntk = _there(x, z, 3, 1.5, 0.1)
    for kind, there in (("nngp", nngp), ("ntk", ntk)):
        here = dl.Kernel("erf", 3, kind=kind, sigma_w=1.5, sigma_b=0.1)(x, z)
        np.testing.assert_allclose(here, there, rtol=1e-12)


def test_what_one_types_here_runs():
    pytest.importorskip("sklearn")
    page = (PAGES / "neural-tangents.md").read_text(encoding="utf-8")
    rows = [line.split(" | ")[-1] for line in page.splitlines() if line.startswith("|")]
    code = [c for row in rows for c in re.findall(r"`(dl\..*?)`", row)]
    rng = np.random.default_rng(0)
    names = {"dl": dl, "x1": rng.normal(size=(6, 4)), "x2": rng.normal(size=(3, 4)), "y": rng.normal(size=6)}
    names.update({"labels": list("aababb"), "fn": np.tanh, "images": rng.random((2, 8, 8, 3))})
    for expression in code:
        eval(expression, dict(names))
    assert len(code) > 10
    half = dl.Kernel("relu", 3)(names["x1"]) / dl.Kernel("relu", 3, sigma_w="sqrt(2)")(names["x1"])
    np.testing.assert_allclose(half, 0.5, rtol=1e-12)
    # the regressor is K^-1 (y - mean) + mean
    x, z, y = (names[n] for n in ("x1", "x2", "y"))
    kernel = dl.Kernel("erf", 3, sigma_w=1.5, sigma_b=0.1)
    fitted = dl.sklearn.DeepKernelRegressor("erf", 3, sigma_w=1.5, sigma_b=0.1, lengths="unit", ridge=0.0).fit(x, y)
    by_hand = kernel(z, x) @ np.linalg.solve(kernel(x), y - y.mean()) + y.mean()
    np.testing.assert_allclose(fitted.predict(z), by_hand, rtol=1e-10)
