"""Activations: values from oracles, laws, arrays of every kind, threads, forks, Ctrl-C."""

from __future__ import annotations

import copy
import json
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import deeplimit as dl

ORACLES = Path(__file__).parents[2] / "tests" / "oracles"


def test_limits_are_those_of_the_oracle():
    rows = [line.split() for line in (ORACLES / "koenigs.txt").read_text().splitlines()]
    rows = [row for row in rows if row[0] == "optimal(2)"]
    assert len(rows) >= 4
    table = dl.limit("optimal(2)", [row[1] for row in rows], digits=30)
    assert table.regime == "singular" and len(table) == len(rows)
    for found, (_, rho, limit, correction, *_rest) in zip(table, rows):
        assert found.rho == rho
        assert limit in found.limit, (rho, limit)
        assert correction in found.correction, (rho, correction)


def test_duals_are_those_of_the_oracle():
    """The oracle is not normalised: quotients are compared."""
    values = {}
    for line in (ORACLES / "dual_table.txt").read_text().splitlines():
        words = dict(word.split("=", 1) for word in line.split()[1:] if "=" in word)
        if "K" in words and line.split()[0] in ("erf", "sin"):
            values[line.split()[0], words["x"]] = Fraction(words["K"])
    for name in ("erf", "sin"):
        low, high = dl.dual(name, ["0.3", "0.8"], digits=25)
        found = low.midpoint / high.midpoint
        wanted = values[name, "0.3"] / values[name, "0.8"]
        assert abs(found - wanted) < Fraction(1, 10**24)


@pytest.mark.parametrize("name", ["relu", "tanh", "gelu"])
def test_the_dual_is_its_series(name):
    """dual(rho) = sum a_n^2 rho^n, and its slope the derivative; the rest is below rho^n/(1-rho)."""
    phi = dl.Activation(name)
    a = [float(x) for x in phi.hermite(60)]
    for rho in (-0.5, 0.25, 0.5):
        series = sum(x * x * rho**n for n, x in enumerate(a))
        slope = sum(n * x * x * rho ** (n - 1) for n, x in enumerate(a) if n)
        assert float(phi.dual(rho)) == pytest.approx(series, abs=1e-14)
        assert float(phi.dual(rho, slope=True)) == pytest.approx(slope, abs=1e-14)


def test_real_parameters_are_exact():
    phi = dl.Activation("tanh")
    tenth = phi.dual("0.1", digits=30)
    same = [Fraction(1, 10), Decimal("0.1"), "1/10", "1e-1"]
    assert all(phi.dual(rho, digits=30) == tenth for rho in same)
    # the double is another number
    assert phi.dual(0.1, digits=30) != tenth
    assert phi.dual(0.1, digits=30) == phi.dual(Fraction(0.1), digits=30) == phi.dual(np.float64(0.1), digits=30)
    assert phi.dual(np.float32(0.5)) == phi.dual(0.5) == phi.dual(np.array(0.5)) == phi.dual(np.array([0.5]))[0]
    assert phi.dual(1) == 1 and phi.dual(np.int64(0)) == phi.dual("cos(pi/2)")
    assert dl.Activation("max(x, a*x)", a=Fraction(1, 5)) == dl.Activation("max(x, a*x)", a="0.2")
    assert dl.Activation("max(x, a*x)", a=0.2) != dl.Activation("max(x, a*x)", a="0.2")


def test_arrays_of_every_kind():
    phi = dl.Activation("tanh")
    base = np.linspace(-3, 3, 24).reshape(4, 6)
    for x in [
        base,
        np.asfortranarray(base),
        base.T,
        base[::2, ::-3],
        base.astype(np.float32),
        base.astype(">f8"),
        np.arange(5),
        np.array([True, False]),
        np.float64(0.3),
        np.array(0.3),
        np.zeros((0, 3)),
        [[1, 2], [3, 4]],
        2,
        np.broadcast_to(np.float64(0.5), (3, 4)),
        np.linspace(-1, 1, 100_001)[::2],
    ]:
        found, wanted = phi(x), np.tanh(np.asarray(x, dtype=float))
        assert np.shape(found) == np.shape(wanted) and found.dtype == np.float64
        np.testing.assert_allclose(found, wanted, rtol=1e-15, atol=0)
        np.testing.assert_allclose(phi.derivative(x), 1 - wanted**2, rtol=1e-14, atol=1e-15)
    assert type(phi(2)) is np.float64 and type(phi(base)) is np.ndarray


def test_values_where_formulas_overflow():
    silu = dl.Activation("x/(1+exp(-x))")
    np.testing.assert_array_equal(silu([-800, 0, 800, np.inf]), [0, 0, 800, np.inf])
    np.testing.assert_array_equal(silu.derivative([-800, 800]), [0, 1])
    assert np.isnan(silu(np.nan))
    centred = dl.Activation("relu").centred()
    assert centred(0.0) == -1 / np.sqrt(2 * np.pi)
    assert centred.expectation() == 0


@pytest.mark.parametrize(
    "bad",
    [
        np.ma.array([1.0, 2.0], mask=[0, 1]),
        np.array([1j]),
        np.array([object()]),
        np.array(["1.0"]),
        np.array(["2020-01-01"], dtype="M8[D]"),
        [[1.0], [2.0, 3.0]],
        None,
        "abc",
    ],
)
def test_arrays_that_are_refused(bad):
    phi = dl.Activation("tanh")
    for call in (phi, phi.derivative):
        with pytest.raises(dl.DataError, match="^x must"):
            call(bad)


def test_identity_and_pickles():
    phi = dl.Activation("max(x,a*x)", a="1/5")
    assert phi.expr == "max(x,a*x)" and phi.name == str(phi)
    assert copy.copy(phi) is phi and copy.deepcopy([phi])[0] is phi
    again = pickle.loads(pickle.dumps(phi))
    assert again == phi and hash(again) == hash(phi) and again.expr == phi.expr
    assert dl.Activation("relu") == dl.Activation("relu(x)") != dl.Activation("tanh")
    assert phi != "max(x,a*x)" and {phi: 1}[again] == 1
    assert dl.Activation(phi.name) == phi
    network = dl.Network(phi, sigma_w="sqrt(2)", sigma_b=0.5)
    assert pickle.loads(pickle.dumps(network)) == network and network.convention == "lee2019"
    verdict = dl.classify("gelu")
    assert pickle.loads(pickle.dumps(verdict)) == verdict
    table = dl.limit("relu", [0, 1])
    assert pickle.loads(pickle.dumps(table)) == table


def test_verdicts_have_the_words_of_the_command_line():
    verdict = dl.classify("relu")
    words = json.loads(json.dumps(verdict.to_dict()))
    assert words["regime"] == "majority" and words["phase"] == "edge-of-chaos" and words["proved"]
    assert words["b_prime"] == {"value": "1", "radius": "0", "exact": "1"}
    assert str(verdict).startswith("relu: majority vote")
    assert dl.classify("x").regime == "linear" and dl.classify("x^2-1").order == 2
    assert dl.classify("relu-0.3989422804014327").nearby


def test_networks():
    layers = dl.Network("relu")
    # S_1 = dual, T_1 = rho dual' + dual
    rho = Fraction(1, 2)
    at = layers.values(1, rho, digits=25)
    dual, slope = (dl.dual("relu", rho, slope=s, digits=25) for s in (False, True))
    assert abs(at.nngp.midpoint - dual.midpoint) < Fraction(1, 10**24)
    assert abs(at.ntk.midpoint - (rho * slope.midpoint + dual.midpoint)) < Fraction(1, 10**24)
    # twice the normalised one: sqrt(2) and ReLU
    lee = dl.Network("relu", sigma_w="sqrt(2)").values(3, [0, rho])
    plain = layers.values(3, [0, rho])
    for a, b in zip(lee, plain):
        assert float(a.ntk) == pytest.approx(2 * float(b.ntk), rel=1e-14)
    assert dl.Network("sign").values(2, 1).ntk == float("inf")
    deep = dl.Network("x^2-1").values(60, 0.5)
    assert float(deep.ntk) == 0.0 and 0 < deep.ntk < 1e-300 and deep.ntk.midpoint is None


def test_emitted_code_runs():
    phi = dl.Activation("softplus")
    names: dict = {}
    exec(phi.emit("python"), names)
    x = np.linspace(-5, 5, 11)
    np.testing.assert_allclose(names["phi"](x), phi(x), rtol=1e-15)
    np.testing.assert_allclose(names["dphi"](x), phi.derivative(x), rtol=1e-14)
    assert "majority" in phi.emit("rust") and "majority" not in phi.emit("rust", facts=False)


def test_eight_threads_at_once():
    names = ["relu", "tanh", "gelu", "erf", "silu", "x^2-1", "optimal(2)", "softplus"]
    wanted = [str(dl.classify(name)) for name in names]
    found: dict = {}

    def ask(index, name):
        phi = dl.Activation(name)
        x = np.linspace(-1, 1, 20_000)
        found[index] = (str(phi.classify()), float(phi(x).sum()))

    threads = [threading.Thread(target=ask, args=pair) for pair in enumerate(names)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[index][0] for index in range(8)] == wanted


def _in_a_child(queue):
    phi = dl.Activation("silu")
    queue.put((str(phi.dual("1/3")), float(phi(np.linspace(0, 1, 50_000)).sum())))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_after_a_fork_it_works():
    phi = dl.Activation("silu")
    wanted = (str(phi.dual("1/3")), float(phi(np.linspace(0, 1, 50_000)).sum()))
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=_in_a_child, args=(queue,))
    child.start()
    try:
        assert queue.get(timeout=30) == wanted
    finally:
        child.join(10)
        child.kill()


@pytest.mark.parametrize(
    "question",
    [
        "dl.classify('tanh(sin(x)+x/3)', digits=900, timeout=None)",
        "from deeplimit import papers; papers.check(None, effort=3)",
    ],
)
def test_ctrl_c_within_a_second(question):
    code = f"""
import signal, time, deeplimit as dl
signal.signal(signal.SIGINT, signal.default_int_handler)
print("begun", flush=True)
begun = time.time()
try:
    {question}
    print("finished")
except KeyboardInterrupt:
    print("stopped", flush=True)
import os; os._exit(0)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout.readline() == "begun\n"
        time.sleep(0.7)
        sent = time.monotonic()
        child.send_signal(signal.SIGINT)
        assert child.stdout.readline() == "stopped\n"
        assert time.monotonic() - sent < 1.0


def test_import_is_quick_and_light():
    code = """
import sys, time
import numpy
begun = time.perf_counter()
import deeplimit
print(time.perf_counter() - begun)
heavy = {"sklearn", "scipy", "matplotlib", "dask", "torch", "jax", "tqdm", "mpmath", "pandas", "zarr"}
print(sorted(heavy & set(sys.modules)))
"""
    best = 1.0
    for _ in range(3):
        out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        seconds, heavy = out.splitlines()
        assert heavy == "[]"
        best = min(best, float(seconds))
    assert best < 0.05
