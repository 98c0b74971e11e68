"""Designs have what was wanted; what is infeasible says why. Papers agree."""

from __future__ import annotations

import json
import pickle
from fractions import Fraction

import numpy as np
import pytest

import deeplimit as dl
from deeplimit import design, papers


def test_a_family_with_a_wanted_exponent():
    found = design.alpha(2, family="max(x-c, 0)", box={"c": (-6, 12)}, digits=25)
    assert found.complete and found.proved and len(found) == 1
    one = found[0]
    assert "0.5450852627730138608" in str(one.parameters["c"]) and 2 in one.alpha
    verdict = one.activation.classify(digits=20)
    assert verdict.regime == "singular" and 2 in verdict.alpha
    assert json.loads(json.dumps(found.to_dict()))["solutions"][0]["activation"] == one.activation.name
    assert pickle.loads(pickle.dumps(found)) == found


def test_known_activations():
    found = design.alpha(3)
    assert len(found) >= 3 and not found.complete
    assert all(3 in one.alpha and one.certificate["about"] for one in found)
    shallow = design.alpha(4, family="max(x-c, 0)", box={"c": (-2, 6)}, depth=100, points=10_000)
    assert float(shallow.certificate["wanted"]) < 4


def test_slopes():
    found = design.slopes("tanh", "1.1")
    for one in found:
        # Q(1) = 1, C(0) = 0, and C'(1) = 1.1 are moments of what was written
        text = one.activation.name
        assert float(dl.expect(f"({text})^2")) == pytest.approx(1, abs=1e-13)
        assert float(dl.expect(text)) == pytest.approx(0, abs=1e-13)
        assert float(dl.dual(text, 1, slope=True)) == pytest.approx(1.1, abs=1e-12)
    tat = design.slopes("softplus", tat=True, curvature="0.3")
    assert all(float(dl.dual(one.activation, 1, slope=True)) == pytest.approx(1, abs=1e-12) for one in tat)


def test_critical():
    found = design.critical("tanh", scales=[1, "1/2"])
    for one in found:
        assert abs(float(one.certificate["variance_slope"])) < 1
        assert float(dl.dual(one.activation, 1, slope=True)) == pytest.approx(1, abs=1e-12)


def test_shapes():
    (one,) = design.alpha(9, odd=True, bounded=True, monotone=True)
    assert float(one.alpha) == pytest.approx(9, abs=1e-12) and one.certificate["monotone"]
    assert float(one.activation.classify().alpha) == pytest.approx(9, abs=1e-9)
    with pytest.raises(dl.Undecided):
        design.alpha("1/10", odd=True)


def test_extremal():
    found = design.extremal(4, "largest-slope", degree=6)
    (one,) = found
    verdict = one.activation.classify()
    assert found.certificate["optimal"] and found.complete
    assert float(verdict.alpha) == pytest.approx(4, abs=1e-12)
    assert float(verdict.slope) == pytest.approx(float(one.certificate["b_prime"]), abs=1e-12)
    kinks = design.extremal(4, "smallest-lipschitz", kinks=2)
    assert not kinks.complete and float(kinks.certificate["bound"]) < float(kinks[0].certificate["lipschitz"])
    with pytest.raises(dl.Infeasible, match="as near to 1"):
        design.extremal(1, "smallest-slope")


def test_of_a_network():
    found = design.slopes("tanh", "1.5", network="psi^50")
    psi = float(found.certificate["local_slope"])
    assert psi**50 == pytest.approx(1.5, abs=1e-11)
    assert float(dl.dual(found[0].activation, 1, slope=True)) == pytest.approx(psi, abs=1e-12)
    (leaky,) = design.slopes("leaky_relu", tat=True, correlation="0.5", layers=4)
    rho = 0.0
    for _ in range(4):
        rho = float(dl.dual(leaky.activation, rho))
    assert rho == pytest.approx(0.5, abs=1e-12)
    with pytest.raises(dl.Infeasible, match="do not reach"):
        design.slopes("leaky_relu", tat=True, correlation="0.9", layers=2)


def test_a_rate():
    found = design.critical("tanh", rate="1/2", digits=12)
    assert len(found) == 2
    assert all(abs(float(one.certificate["variance_slope"]) - 0.5) < 1e-11 for one in found)


def test_depth_out_of_range_is_said():
    found = design.alpha(2, depth=50, points=500)
    assert "below 1" in found.certificate["finite_depth"]["remark"]


def test_nearest():
    (one,) = design.nearest("gelu", 2)
    assert 2 in one.alpha and 0 < one.certificate["distance"] < 1
    assert 2 in one.activation.classify().alpha


def test_kernels():
    found = design.kernel("exp(rho-1)", degree=4)
    (one,) = found
    b = [float(x) for x in one.certificate["coefficients"]]
    error = float(one.certificate["error"])
    rho = np.linspace(-1, 1, 201)
    off = np.abs(np.polyval(b[::-1], rho) - np.exp(rho - 1)).max()
    assert off <= error * (1 + 1e-9) and off > 0.99 * error and one.certificate["best"]
    a = [float(x) for x in one.activation.hermite(4)]
    np.testing.assert_allclose(np.square(a), np.array(b) / sum(b), atol=1e-14)
    table = design.kernel(lambda r: np.exp(r - 1), degree=4)
    assert float(table[0].certificate["error"]) == pytest.approx(error, rel=1e-2)
    rows = design.kernel([(-1, "1/2"), (0, "1/2"), (1, 1)], degree=2)
    assert float(rows[0].certificate["error"]) < 1e-9
    deep = design.kernel("relu", layers=3, degree=6)
    assert float(deep[0].certificate["error"]) < 0.05
    series = design.kernel("1/(2-rho)", degree=3, series=True)
    assert [x for x in series[0].certificate["coefficients"]] == [Fraction(1, 2 ** (k + 1)) for k in range(4)]


def test_nothing_feasible_raises_with_the_reason():
    with pytest.raises(dl.Infeasible) as caught:
        design.slopes("x^2", "8/5")
    assert caught.value.why == str(caught.value) and "constant" in caught.value.why
    with pytest.raises(dl.Infeasible, match="no member"):
        design.alpha(2, family="max(x-c, 0)", box={"c": (5, 12)})


@pytest.mark.parametrize(
    "call",
    [
        lambda: design.alpha(-1),
        lambda: design.alpha("inf"),
        lambda: design.alpha(2, family="max(x-c,0)"),
        lambda: design.alpha(2, family="relu", box={"c": (0, 1)}),
        lambda: design.alpha(2, family="max(x-c,0)", box={"c": 3}),
        lambda: design.alpha(2, family="max(x-c,0)", box={"d": (0, 1)}),
        lambda: design.alpha("5/2", depth=3, points=10),
        lambda: design.slopes("tanh"),
        lambda: design.slopes("tanh", 1),
        lambda: design.slopes("tanh", 2, network="psi+1"),
        lambda: design.slopes("tanh", 2, network="x^2"),
        lambda: design.slopes("tanh", network="psi^2"),
        lambda: design.slopes("tanh", tat=True, correlation="0.9", layers=5),
        lambda: design.slopes("leaky_relu", tat=True, correlation="0.9"),
        lambda: design.slopes("leaky_relu", tat=True, correlation="0.9", layers=-5),
        lambda: design.critical("tanh", rate=1),
        lambda: design.critical("tanh", scales=[1], rate="1/2"),
        lambda: design.extremal(4, "largest-slope"),
        lambda: design.extremal(4, "smallest"),
        lambda: design.extremal(4, "smallest-lipschitz", kinks=9),
        lambda: design.extremal(4, "largest-slope", degree=3, kinks=3),
        lambda: design.extremal(4, "largest-slope", family="tanh(x+b)"),
        lambda: design.alpha(2, family="max(x-c,0)", box={"c": (0, 1)}, odd=True),
        lambda: design.slopes("sign", 2),
        lambda: design.slopes("tanh", tat=True),
        lambda: design.critical("tanh", scales=[0]),
        lambda: design.nearest("gelu", 2, degree=99),
        lambda: design.kernel("exp(rho-1)"),
        lambda: design.kernel("exp(rho-1)", degree=3, tolerance=1),
        lambda: design.kernel("rho+", degree=3),
        lambda: design.kernel("exp(rho)", degree=999),
        lambda: design.kernel("exp(rho)", tolerance=0),
        lambda: design.kernel(3, degree=2),
        lambda: design.kernel(lambda r: r[:3], degree=2),
        lambda: design.kernel(lambda r: r * 1j, degree=2),
        lambda: design.kernel("relu", layers=0, degree=2),
        lambda: design.kernel("exp(rho)", degree=2, kind="nothing"),
    ],
)
def test_bad_wishes(call):
    with pytest.raises(dl.Error) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_papers_agree():
    seen = []
    found = papers.check("radhakrishnan2022/theorem-1", progress=lambda done, all: seen.append((done, all)))
    assert found and all(one.verdict == "agrees" for one in found if one.effort == 1)
    assert seen[-1] == (len(found), len(found))
    assert all(one.measured is not None for one in found if one.verdict == "agrees")
    json.dumps([one.to_dict() for one in found])
    assert {claim.paper for claim in papers.list()} >= {"arora2019", "lee2019", "radhakrishnan2022"}


def test_own_claims(tmp_path):
    paper = tmp_path / "mine"
    paper.mkdir()
    (paper / "claims.toml").write_text("key = 1")
    with pytest.raises(dl.DataError, match="claims.toml:1"):
        papers.list(folder=tmp_path)


def clouds(folder):
    """Two clouds at a distance of 2 that are 0.4 wide: a UCI set in its folder."""
    uci = folder / "uci" / "clouds"
    uci.mkdir(parents=True)
    rows = [(1 - 2 * (i % 2) + i % 5 / 10, i % 5 / 10 - 0.2, i % 2) for i in range(24)]
    (uci / "clouds.csv").write_text("f1,f2,label\n" + "".join(f"{x},{y},{c}\n" for x, y, c in rows))

    def lines(*parts):
        return "".join(" ".join(map(str, part)) + "\n" for part in parts)

    (uci / "tuning_split.txt").write_text(lines(range(12), range(12, 24)))
    folds = [part for k in range(4) for part in ([i for i in range(24) if i // 6 != k], [i for i in range(24) if i // 6 == k])]
    (uci / "kfold4.txt").write_text(lines(*folds))
    return uci


DATA_CLAIM = """
key = "mine"
title = "t"
authors = "a"
reference = "r"

[[claim]]
key = "one"
statement = "the nearest row knows the cloud"
source = "here"
quantity = "uci_accuracy"
parameters = { rule = "nearest", set = "SET" }
at_least = "0.9"
origin = "clouds at a distance of 2 that are 0.4 wide"
effort = 1
"""


def test_claims_about_data(tmp_path, monkeypatch):
    monkeypatch.delenv("DEEPLIMIT_DATA", raising=False)
    uci, mine = clouds(tmp_path / "data"), tmp_path / "papers" / "mine"
    mine.mkdir(parents=True)
    (mine / "claims.toml").write_text(DATA_CLAIM.replace("SET", "clouds"))

    def found(**options):
        (one,) = papers.check(None, folder=tmp_path / "papers", **options)
        return one.verdict, " ".join(one.notes)

    verdict, notes = found()
    assert verdict == "not attempted" and "data=DIR" in notes
    assert found(data=tmp_path / "data")[0] == "agrees"
    monkeypatch.setenv("DEEPLIMIT_DATA", str(tmp_path / "data"))
    assert found()[0] == "agrees"
    # what is wrong with a file is said, and nothing is measured
    csv, folds = (uci / "clouds.csv").read_text(), (uci / "kfold4.txt").read_text()
    for file, text, words in (
        ("clouds.csv", csv.replace("label", "class"), "label"),
        ("clouds.csv", csv.replace(",0\n", ",0.5\n"), "no class"),
        ("clouds.csv", csv + "1,2\n", "clouds.csv"),
        ("clouds.csv", csv.replace("0.1", "nan"), "clouds"),
        ("kfold4.txt", folds.replace("23", "24"), "24"),
        ("kfold4.txt", folds.replace("23", "x"), "`x` is no row number"),
        ("kfold4.txt", folds + "1 2\n", "pairs"),
        ("tuning_split.txt", folds, "two lines"),
    ):
        before = (uci / file).read_text()
        (uci / file).write_text(text)
        verdict, notes = found()
        assert verdict == "not attempted" and words in notes, (file, notes)
        (uci / file).write_text(before)
    (uci / "kfold4.txt").unlink()
    assert "cannot be read" in found()[1]
    (mine / "claims.toml").write_text(DATA_CLAIM.replace("SET", "rain"))
    assert "no set `rain`" in found()[1]
    assert "the UCI sets are missing" in found(data=tmp_path)[1]
    images = papers.check("arora2019/extension.activation", data=tmp_path, effort=3)
    assert images and all(one.verdict == "not attempted" and one.notes for one in images)
