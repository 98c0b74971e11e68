"""Gaussian processes of networks on real targets, independently: kernels from their closed forms in mpmath at 50 digits (erf: Williams 1997;
relu: Cho and Saul 2009; sin: E sin u sin v = exp(-(q + q')/2) sinh c), posterior, evidence and its derivatives (differences of 50 digits
with a step of 1e-15), leave-one-out by leaving rows out, the ensemble of trained networks (Lee et al. 2019, eq. 16, with noise on the targets).
scikit-learn's GaussianProcessRegressor with the precomputed kernel must agree to its own precision, or nothing is written.

    pip install mpmath numpy scikit-learn
    python tests/oracles/process.py > tests/oracles/process.json
"""

import json
import random

import mpmath as mp
import numpy as np
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import Kernel

mp.mp.dps = 50


def dual(name, p, q, c):
    """E phi(u) phi(v) and E phi'(u) phi'(v) for variances p, q and the covariance c."""
    if name == "erf":
        root = mp.sqrt((1 + 2 * p) * (1 + 2 * q))
        return 2 / mp.pi * mp.asin(2 * c / root), 4 / mp.pi / mp.sqrt((1 + 2 * p) * (1 + 2 * q) - 4 * c * c)
    if name == "relu":
        rho = min(c / mp.sqrt(p * q), mp.mpf(1))
        angle = mp.acos(rho)
        return mp.sqrt(p * q) * (mp.sqrt(1 - rho * rho) + (mp.pi - angle) * rho) / (2 * mp.pi), (mp.pi - angle) / (2 * mp.pi)
    if name == "sin":
        damp = mp.exp(-(p + q) / 2)
        return damp * mp.sinh(c), damp * mp.cosh(c)
    raise ValueError(name)


def kernels(name, depth, w, b, x, y):
    """NNGP and NTK of lee2019 for two rows, which are divided by their lengths."""
    x, y = ([mp.mpf(t) / mp.sqrt(sum(mp.mpf(s) ** 2 for s in r)) for t in r] for r in (x, y))
    same = x == y
    dot = mp.mpf(1) if same else sum(s * t for s, t in zip(x, y))
    p = q = w * w + b * b
    c = w * w * dot + b * b
    t = c
    for _ in range(depth):
        value, slope = dual(name, p, q, c)
        p = q = w * w * dual(name, p, p, p)[0] + b * b
        c = w * w * value + b * b
        t = c + w * w * slope * t
    return c, t


def matrices(case, w, b):
    rows = case["train"]
    n = len(rows)
    k, t = mp.zeros(n), mp.zeros(n)
    for i in range(n):
        for j in range(i + 1):
            k[i, j], t[i, j] = kernels(case["activation"], case["depth"], w, b, rows[i], rows[j])
            k[j, i], t[j, i] = k[i, j], t[i, j]
    return k, t


def mean_diagonal(k):
    return sum(k[i, i] for i in range(k.rows)) / k.rows


def noisy(k, ridge):
    return k + ridge * mean_diagonal(k) * mp.eye(k.rows)


def evidence(m, y):
    n = m.rows
    lower = mp.cholesky(m)
    return -(y.T * mp.lu_solve(m, y))[0] / 2 - sum(mp.log(lower[i, i]) for i in range(n)) - n * mp.log(2 * mp.pi) / 2


class Precomputed(Kernel):
    def __init__(self, k):
        self.k = k

    def __call__(self, X, Y=None, eval_gradient=False):
        return self.k[np.ix_(X[:, 0].astype(int), (X if Y is None else Y)[:, 0].astype(int))]

    def diag(self, X):
        return np.diag(self.k)[X[:, 0].astype(int)]

    def is_stationary(self):
        return False


def floats(xs):
    return [float(mp.nstr(x, 20)) for x in xs]


def answers(case):
    w, b, ridge = (mp.mpf(case[key]) for key in ("sigma_w", "sigma_b", "ridge"))
    k, t = matrices(case, w, b)
    m = noisy(k, ridge)
    n = m.rows
    names = range(len(case["targets"][0]))
    train, test = case["train"], case["test"]
    cross = mp.matrix(len(test), n)
    tangent = mp.matrix(len(test), n)
    for i, x in enumerate(test):
        for j, y in enumerate(train):
            cross[i, j], tangent[i, j] = kernels(case["activation"], case["depth"], w, b, x, y)
    own = [kernels(case["activation"], case["depth"], w, b, x, x)[0] for x in test]
    units, ys = [], []
    for j in names:
        given = [mp.mpf(row[j]) for row in case["targets"]]
        mean = sum(given) / n
        deviation = mp.sqrt(sum((g - mean) ** 2 for g in given) / n)
        units.append((mean, deviation))
        ys.append(mp.matrix([(g - mean) / deviation for g in given]))
    out = {"mean": [], "deviation": [], "evidence": [], "left_out": [], "left_out_deviation": [],
           "ntk_mean": [], "ntk_deviation": [], "ntk_left_out": [], "ntk_left_out_deviation": []}
    step = mp.mpf(10) ** -15
    slopes = [mp.mpf(0)] * 3
    grow, shrink = mp.exp(step), mp.exp(-step)
    beside = [
        [noisy(matrices(case, w * grow, b)[0], ridge), noisy(matrices(case, w * shrink, b)[0], ridge)],
        [noisy(matrices(case, w, b * grow)[0], ridge), noisy(matrices(case, w, b * shrink)[0], ridge)],
        [noisy(k, ridge * grow), noisy(k, ridge * shrink)],
    ]
    noise = ridge * mean_diagonal(t)
    theta = t + noise * mp.eye(n)
    for j in names:
        mean, scale = units[j]
        y = ys[j]
        alpha = mp.lu_solve(m, y)
        out["mean"].append(floats(mean + scale * (cross[i, :] * alpha)[0] for i in range(len(test))))
        out["evidence"].append(float(evidence(m, y) - n * mp.log(scale)))
        for which, (more, less) in enumerate(beside):
            slopes[which] += (evidence(more, y) - evidence(less, y)) / (2 * step)
        beta = mp.lu_solve(theta, y)
        out["ntk_mean"].append(floats(mean + scale * (tangent[i, :] * beta)[0] for i in range(len(test))))
    out["slopes"] = floats(slopes)
    variances, ensemble = [], []
    for i in range(len(test)):
        row = cross[i, :].T
        variances.append(own[i] - (row.T * mp.lu_solve(m, row))[0])
        a = mp.lu_solve(theta, tangent[i, :].T)
        inner = k * a + noise * a
        ensemble.append(own[i] - 2 * (a.T * row)[0] + (a.T * inner)[0])
    for j in names:
        scale = units[j][1]
        out["deviation"].append(floats(scale * mp.sqrt(v) for v in variances))
        out["ntk_deviation"].append(floats(scale * mp.sqrt(v) for v in ensemble))
    # rows are left out, one after the other
    loo, spread, ntk_loo, ntk_spread = ([[] for _ in names] for _ in range(4))
    for i in range(n):
        keep = [r for r in range(n) if r != i]
        sub = lambda a: mp.matrix([[a[r, s] for s in keep] for r in keep])  # noqa: E731
        inner, row = sub(m), mp.matrix([k[i, s] for s in keep])
        answer = mp.lu_solve(inner, row)
        own_variance = m[i, i] - (row.T * answer)[0]
        theta_row = mp.matrix([t[i, s] for s in keep])
        a = mp.lu_solve(sub(theta), theta_row)
        k_sub = sub(k)
        ntk_variance = k[i, i] - 2 * (a.T * row)[0] + (a.T * (k_sub * a + noise * a))[0] + noise
        for j in names:
            mean, scale = units[j]
            y = mp.matrix([ys[j][s] for s in keep])
            loo[j].append(mean + scale * (answer.T * y)[0])
            spread[j].append(scale * mp.sqrt(own_variance))
            ntk_loo[j].append(mean + scale * (a.T * y)[0])
            ntk_spread[j].append(scale * mp.sqrt(ntk_variance))
    out["left_out"] = [floats(x) for x in loo]
    out["left_out_deviation"] = [floats(x) for x in spread]
    out["ntk_left_out"] = [floats(x) for x in ntk_loo]
    out["ntk_left_out_deviation"] = [floats(x) for x in ntk_spread]
    # scikit-learn
    both = np.zeros((n + len(test),) * 2)
    both[:n, :n] = np.array(k.tolist(), float)
    both[n:, :n] = np.array(cross.tolist(), float)
    both[:n, n:] = both[n:, :n].T
    for i, x in enumerate(own):
        both[n + i, n + i] = float(x)
    gp = GaussianProcessRegressor(Precomputed(both), alpha=float(ridge * mean_diagonal(k)), optimizer=None)
    for j in names:
        mean, scale = (float(u) for u in units[j])
        gp.fit(np.arange(n)[:, None], np.array([float(v) for v in ys[j]]))
        found, deviation = gp.predict(np.arange(n, n + len(test))[:, None], return_std=True)
        assert np.allclose(mean + scale * found, out["mean"][j], rtol=1e-9, atol=1e-9 * scale)
        assert np.allclose(scale * deviation, out["deviation"][j], rtol=1e-8)
        assert abs(gp.log_marginal_likelihood_value_ - n * np.log(scale) - out["evidence"][j]) < 1e-8 * n
    return out


def sets():
    stream = random.Random(20)
    for name, depth, w, b, ridge, n, d, targets in [
        ("erf", 2, 1.5, 0.1, 0.01, 40, 5, lambda x: [3 + x[0] * x[1] - x[2]]),
        ("relu", 3, 1.25, 0.3, 0.05, 36, 8, lambda x: [100 * x[0] + 20 * abs(x[3]), 0.01 * x[1] ** 2 - 0.02 * x[2]]),
        ("sin", 1, 1.1, 0.4, 0.001, 30, 3, lambda x: [-5 + x[0] - x[1] ** 3]),
    ]:
        draw = lambda: [round(stream.gauss(0, 1), 3) for _ in range(d)]  # noqa: E731
        train, test = [draw() for _ in range(n)], [draw() for _ in range(7)]
        noise = lambda y: round(y * (1 + 0.05 * stream.gauss(0, 1)), 6)  # noqa: E731
        case = {"activation": name, "depth": depth, "sigma_w": w, "sigma_b": b, "ridge": ridge, "train": train, "test": test,
                "targets": [[noise(y) for y in targets(x)] for x in train]}
        # the doubles that are written are the numbers that are meant
        yield {**case, **answers(case)}


print("[\n" + ",\n".join(json.dumps(case) for case in sets()) + "\n]")
