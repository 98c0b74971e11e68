"""Kernels of rows of several lengths, independently: E phi(x) phi(y) and E phi'(x) phi'(y) at two variances as two-dimensional integrals by the
trapezoidal rule in both directions, with mpmath at 30 digits (it converges like exp(-2 pi d/h), d the distance of the nearest pole: 1e-16 and
better for the steps below), variances as one-dimensional ones. Lee et al. 2019 with sigma_w = 3/2, sigma_b = 1/10, three layers.

    pip install mpmath
    python tests/oracles/lengths.py > tests/oracles/lengths.json
"""

import json

import mpmath as mp

mp.mp.dps = 30
W, B = mp.mpf(9) / 4, mp.mpf(1) / 100
LAYERS = 3
# not normalised: lengths 0.4, 1.9 and 4.7
ROWS = [[0.25, -0.125, 0.25, 0.0625], [1.5, 0.5, -1.0, 0.25], [3.5, 2.0, -2.25, 0.75]]


def both(name, x):
    """phi and phi'."""
    if name == "tanh":
        t = mp.tanh(x)
        return t, 1 - t * t
    if name == "softplus":
        e = mp.exp(-abs(x))
        return max(x, 0) + mp.log1p(e), (1 if x >= 0 else e) / (1 + e)
    cdf = mp.ncdf(x)
    return x * cdf, cdf + x * mp.npdf(x)


def nodes(step):
    count = int(mp.ceil(10 / step))
    return [(k * step, step * mp.npdf(k * step)) for k in range(-count, count + 1)]


def step(q):
    """Poles at i pi/2 (tanh) or i pi (softplus) and beyond, over sqrt(q)."""
    return min(mp.mpf("0.25"), mp.mpf("0.24") / mp.sqrt(q))


def variance(name, q):
    """E phi^2 and E phi'^2."""
    parts = [(w, both(name, mp.sqrt(q) * z)) for z, w in nodes(step(q))]
    return sum(w * f * f for w, (f, _) in parts), sum(w * g * g for w, (_, g) in parts)


def pair(name, q, p, c):
    """The same of two variances and a covariance."""
    rho = c / mp.sqrt(q * p)
    sine = mp.sqrt((1 - rho) * (1 + rho))
    inner = nodes(min(mp.mpf("0.3"), step(p) / sine))
    value = slope = mp.mpf(0)
    for u, weight in nodes(step(q)):
        if weight < mp.mpf("1e-22"):
            continue
        f, g = both(name, mp.sqrt(q) * u)
        means = [0, 0]
        for v, w in inner:
            if w * weight > mp.mpf("1e-22"):
                h, k = both(name, mp.sqrt(p) * (rho * u + sine * v))
                means[0] += w * h
                means[1] += w * k
        value += weight * f * means[0]
        slope += weight * g * means[1]
    return value, slope


def kernels(name, x, y):
    dot = lambda a, b: sum(mp.mpf(s) * mp.mpf(t) for s, t in zip(a, b))
    q, p, c = (W * dot(a, b) + B for a, b in [(x, x), (y, y), (x, y)])
    theta = c
    for _ in range(LAYERS):
        same = x is y
        value, slope = variance(name, q) if same else pair(name, q, p, c)
        c = W * value + B
        theta = c + W * slope * theta
        q, p = (c, c) if same else (W * variance(name, q)[0] + B, W * variance(name, p)[0] + B)
    return mp.nstr(c, 17), mp.nstr(theta, 17)


cases = []
for name in ["tanh", "softplus", "gelu"]:
    entries = []
    for i in range(len(ROWS)):
        for j in range(i + 1):
            nngp, ntk = kernels(name, ROWS[i], ROWS[i if i == j else j])
            entries.append({"row": i, "column": j, "nngp": float(nngp), "ntk": float(ntk)})
    cases.append({"activation": name, "entries": entries})
print(json.dumps({"rows": ROWS, "layers": LAYERS, "cases": cases}, indent=1))
