"""Bad input: the documented class, one clear sentence, the place."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest

import deeplimit as dl
from deeplimit import papers


def test_the_hierarchy():
    for name in ("ParseError", "DomainError", "DataError", "Undecided", "Infeasible", "Timeout", "StoreError"):
        error = getattr(dl, name)
        assert issubclass(error, dl.Error) and issubclass(error, ValueError) and error.__module__ == "deeplimit"
    assert issubclass(dl.Timeout, TimeoutError) and issubclass(dl.StoreError, OSError)
    assert issubclass(dl.InternalError, RuntimeError) and not issubclass(dl.InternalError, dl.Error)


def one_sentence(error):
    text = str(error)
    assert text and "\n" not in text and len(text) < 300 and "panic" not in text


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("x*sigmod(x)", (2, 8)),
        ("max(x, c)", (7, 8)),
        ("", (0, 0)),
        ("(((x)", None),
        ("x + é", (4, 5)),
        ("2 é", (2, 3)),
        ("x\0y", None),
        ("(" * 100_000, None),
        ("x+" * 20_000 + "x", None),
    ],
)
def test_texts_that_are_no_expressions(text, at):
    with pytest.raises(dl.ParseError) as caught:
        dl.Activation(text)
    one_sentence(caught.value)
    assert isinstance(caught.value.at, tuple) and (at is None or caught.value.at == at)


@pytest.mark.parametrize(
    "text", ["3", "0", "x-x", "log(x)", "exp(x^2)", "1/x", "tan(x)", "x^x", "sqrt(x)", "sin(x)^2+cos(x)^2"]
)
def test_expressions_that_are_no_activations(text):
    with pytest.raises(dl.DomainError) as caught:
        dl.classify(text)
    one_sentence(caught.value)


@pytest.mark.parametrize(
    "rho",
    [2, -1.0000001, float("nan"), float("inf"), "nan", "x", "1/0", "", "abc(", "tanh(300000)", True, None, 1j, object(), b"1"],
)
def test_what_is_no_correlation(rho):
    phi = dl.Activation("relu")
    for ask in (phi.dual, phi.limit, lambda r: dl.Network(phi).values(2, r), lambda r: dl.dual(phi, r)):
        with pytest.raises(dl.DomainError) as caught:
            ask(rho)
        one_sentence(caught.value)
        assert caught.value.index is None or rho == b"1"
        with pytest.raises(dl.DomainError) as caught:
            ask([0, 0.5, rho])
        one_sentence(caught.value)
        assert caught.value.index == 2
    with pytest.raises(dl.DomainError) as caught:
        phi.dual(np.array([0.1, np.nan, 0.2]))
    assert caught.value.index == 1


@pytest.mark.parametrize("rho", [np.ma.array([0.1]), np.zeros((2, 2)), [[0.1, 0.2], [0.3, 0.4]]])
def test_correlations_of_other_shapes(rho):
    with pytest.raises(dl.Error) as caught:
        dl.dual("relu", rho)
    one_sentence(caught.value)


@pytest.mark.parametrize(
    "call",
    [
        lambda: dl.Activation(5),
        lambda: dl.Activation(None),
        lambda: dl.classify(b"relu"),
        lambda: dl.classify("relu", digits=0),
        lambda: dl.classify("relu", digits=-3),
        lambda: dl.classify("relu", digits=100_000),
        lambda: dl.classify("relu", timeout=0),
        lambda: dl.classify("relu", timeout=float("nan")),
        lambda: dl.hermite("relu", -1),
        lambda: dl.hermite("relu", 10**6),
        lambda: dl.Activation("relu", a=1),
        lambda: dl.Activation("a*x", a="x"),
        lambda: dl.Activation("a*x", a=float("nan")),
        lambda: dl.Activation("a*x", a=[1]),
        lambda: dl.Activation("relu").emit("fortran"),
        lambda: dl.Activation("relu").emit("python", name="1x"),
        lambda: dl.Network("relu", sigma_w=-1),
        lambda: dl.Network("relu", sigma_w=float("inf")),
        lambda: dl.Network("relu", sigma_b="y"),
        lambda: dl.Network("relu", convention="nobody"),
        lambda: dl.Network("relu", sigma_w=1, convention="arora2019"),
        lambda: dl.Network("relu").values(-1, 0),
        lambda: dl.Network("relu").values(1.5, 0),
        lambda: dl.Network("relu").values(10**30, 0),
        lambda: dl.expect("exp(x^2)"),
        lambda: dl.set_num_threads(0),
        lambda: papers.check("nobody"),
        lambda: papers.check("lee2019/nothing"),
        lambda: papers.check("lee2019", effort=7),
        lambda: papers.list(folder="/nowhere"),
    ],
)
def test_other_questions_without_an_answer(call):
    with pytest.raises(dl.Error) as caught:
        call()
    one_sentence(caught.value)


def test_a_deadline():
    with pytest.raises(dl.Timeout) as caught:
        dl.classify("tanh(sin(x)+x/3)", digits=900, timeout=0.05)
    one_sentence(caught.value)
    assert isinstance(caught.value, TimeoutError)


def test_what_a_callback_raises_comes_out():
    class Enough(Exception):
        pass

    def enough(done, all):
        raise Enough(f"{done} of {all}")

    with pytest.raises(Enough):
        papers.check("radhakrishnan2022", progress=enough)


def test_a_panic_never_crosses():
    code = """
import deeplimit as dl
try:
    dl._core._panic()
except dl.InternalError as error:
    print(error)
print(dl.expect("x^2"))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={}, check=True)
    assert done.stdout == "an internal error, please report it: on purpose\n1\n"
    assert done.stderr == ""


def test_an_exact_parameter_of_any_size():
    assert dl.expect("a*x^2", a=10**400) == 10**400
    assert dl.expect("a*x^2", a=Fraction(1, 3)) == Fraction(1, 3)
