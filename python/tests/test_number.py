"""Numbers: enclosures that compare, contain, convert and pickle."""

from __future__ import annotations

import copy
import pickle
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import deeplimit as dl


@pytest.fixture(scope="module")
def alpha():
    return dl.classify("tanh").alpha


@pytest.fixture(scope="module")
def deep():
    """Beyond MPFR's exponents."""
    return dl.Network("x^2-1").values(60, [0.5, 0.25])


def test_the_enclosure_holds_more_digits(alpha):
    sharp = dl.classify("tanh", digits=60).alpha
    assert abs(sharp.midpoint - alpha.midpoint) <= alpha.uncertainty + sharp.uncertainty
    assert sharp in alpha and alpha not in sharp
    # value and radius are a decimal enclosure of their own
    for number in (alpha, sharp):
        distance = abs(Fraction(number.value) - number.midpoint) + number.uncertainty
        assert distance <= Fraction(number.radius)
        assert number.value in number and str(number) in number


def test_mpmath_has_the_same_digits():
    """alpha = -4 log|A'|/log B' of tanh, by another quadrature."""
    mp = pytest.importorskip("mpmath")
    with mp.workdps(40):
        mean = lambda f: mp.quad(lambda z: f(z) * mp.npdf(z), [-20, -5, -2, 0, 2, 5, 20])
        square = mean(lambda z: mp.tanh(z) ** 2)
        first = mean(lambda z: z * mp.tanh(z)) / mp.sqrt(square)
        slope = mean(lambda z: mp.sech(z) ** 4) / square
        alpha = mp.nstr(-4 * mp.log(first) / mp.log(slope), 32)
    assert alpha in dl.classify("tanh", digits=30).alpha


def test_comparisons_that_the_enclosure_decides(alpha):
    assert 0.88 < alpha < 0.89 and alpha >= 0.5 and alpha != 0.88
    assert alpha > dl.dual("relu", 0) and dl.dual("relu", 0) <= alpha
    assert alpha < float("inf") and alpha > float("-inf") and not alpha > np.float64(np.inf)
    for compare in (
        lambda: alpha < alpha.midpoint,
        lambda: alpha >= alpha.midpoint,
        lambda: alpha > dl.classify("tanh", digits=16).alpha,
    ):
        with pytest.raises(dl.Undecided, match="undecided"):
            compare()
    with pytest.raises(TypeError):
        alpha < "0.9"
    with pytest.raises(TypeError):
        alpha < None


def test_exact_numbers(alpha):
    three = dl.expect("x^4")
    assert three == 3 and three == Fraction(3) and three == 3.0 and hash(three) == hash(3) and {3: "x"}[three] == "x"
    assert not three < 3 and three <= 3 and 3 in three and three.radius == "0"
    quarter = dl.limit("relu", "1/2")[0].limit
    assert quarter == Fraction(1, 4) and quarter.exact == "1/4" and quarter != 0.2500001
    assert bool(three) and not dl.hermite("x^2-1", 0)[0]
    root = dl.hermite("relu", 1)[1]
    assert root.exact == "1/sqrt(2)" and repr(root).endswith("= 1/sqrt(2))") and root != 0.5**0.5
    # an exact number is a parameter again
    assert dl.dual("tanh", quarter) == dl.dual("tanh", "1/4")
    with pytest.raises(dl.DomainError):
        dl.dual("tanh", alpha)


def test_conversions(alpha):
    mpmath = pytest.importorskip("mpmath")
    assert float(alpha) == float(alpha.midpoint) == float(alpha.fraction())
    assert alpha.decimal() == Decimal(alpha.value)
    with mpmath.workprec(500):
        sharp = dl.expect("exp(x)", digits=100)
        assert abs(sharp.mpmath() - mpmath.sqrt(mpmath.e)) < mpmath.mpf(10) ** -99
    assert f"{alpha:.3f}" == "0.881" and f"{alpha}" == str(alpha)


def test_infinity():
    steep = dl.dual("sign", 1, slope=True)
    assert steep.value == "inf" and float(steep) == float("inf") and steep == float("inf") and steep > 10**400
    assert float("inf") in steep and 1 not in steep and steep.midpoint is None
    assert steep.decimal() == Decimal("Infinity")
    with pytest.raises(dl.DomainError, match="no fraction"):
        steep.fraction()


def test_beyond_every_exponent(deep):
    half, quarter = (value.ntk for value in deep)
    assert 0 < quarter < half < 1e-300 and float(half) == 0.0 and half.midpoint is None
    mantissa, exponent = half.value.split("e")
    assert 1 <= float(mantissa) < 10 and int(exponent) < -(10**17)
    assert half != quarter and half == pickle.loads(pickle.dumps(half))


def test_copies_and_pickles(alpha, deep):
    numbers = [alpha, deep[0].ntk, dl.expect("x^4"), dl.dual("sign", 1, slope=True), dl.hermite("relu", 1)[1]]
    numbers.append(dl.limit("sin", -1)[0].limit)
    for number in numbers:
        again = pickle.loads(pickle.dumps(number))
        assert again == number and hash(again) == hash(number) and repr(again) == repr(number)
        assert (again.value, again.radius, again.exact) == (number.value, number.radius, number.exact)
        assert copy.copy(number) is number and copy.deepcopy(number) is number
