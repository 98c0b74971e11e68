"""Eigenvalues of kernels on the sphere S^d (in R^(d+1), normalised measure) and on the boolean cube, in mpmath.

1. relu, one hidden layer (NNGP, normalised): K(x.y) = 2 (d+1) E_w relu(w.x) relu(w.y), w on the sphere, so
   lambda_k = 2 (d+1) mu_k^2 with mu_k = c_d int_0^1 t P_k(t) (1-t^2)^((d-2)/2) dt (Funk-Hecke; Bach 2017, appendix D.2).
   By Rodrigues' formula and two integrations by parts, for even k >= 2,
   mu_k = c_d (-1/2)^k Gamma(d/2)/Gamma(k+d/2) (k-2)! [t^(k-2)] (1-t^2)^(k+(d-2)/2).
   For small k the kernel itself is integrated too, and must give the same.
2. relu, NTK, one and three hidden layers: the kernel integrated over the angle, Gegenbauer polynomials by hypergeometric series.
3. erf, NTK, four hidden layers, on the cube of 128 dimensions: the sum over all corners, in 300 digits.
"""
import json
from mpmath import mp, mpf, gamma, sqrt, pi, quad, acos, asin, cos, sin, binomial, nstr, hyp2f1, factorial

mp.dps = 50


def c(d):
    return gamma(mpf(d + 1) / 2) / (sqrt(pi) * gamma(mpf(d) / 2))


def P(d, k, t):
    # Gegenbauer of index (d-1)/2, 1 at 1: F(-k, k+d-1; d/2; (1-t)/2)
    return hyp2f1(-k, k + d - 1, mpf(d) / 2, (1 - t) / 2)


def mu(d, k):
    if k == 0:
        return c(d) / d
    if k == 1:
        return c(d) * gamma(mpf(3) / 2) * gamma(mpf(d) / 2) / gamma(mpf(d + 3) / 2) / 2
    if k % 2:
        return mpf(0)
    n = k - 2
    coefficient = (-1) ** (n // 2) * binomial(k + mpf(d - 2) / 2, n // 2)
    return c(d) * mpf(-0.5) ** k * gamma(mpf(d) / 2) / gamma(k + mpf(d) / 2) * factorial(n) * coefficient


def dual(r):
    return (sqrt(1 - r * r) + r * (pi - acos(r))) / pi


def slope(r):
    return 1 - acos(r) / pi


def ntk(layers, r):
    s = t = r
    for _ in range(layers):
        t, s = t * slope(s) + dual(s), dual(s)
        s = min(s, mpf(1))
    return t


def angle(d, k, f):
    mp.dps = 70
    parts = [pi * j / max(k, 4) for j in range(max(k, 4) + 1)]
    out = c(d) * quad(lambda a: f(cos(a)) * P(d, k, cos(a)) * sin(a) ** (d - 1), parts)
    mp.dps = 50
    return out


out = {"relu_nngp": [], "relu_ntk": [], "cube_erf_ntk_4": []}
for d in (1, 2, 3, 4, 9):
    for k in (0, 1, 2, 3, 4, 6, 10, 40):
        value = 2 * (d + 1) * mu(d, k) ** 2
        if k <= 6:
            other = angle(d, k, dual)
            assert abs(value - other) < mpf(10) ** -40, (d, k, value, other)
        out["relu_nngp"].append([d, k, nstr(value, 35)])
for layers, d, degrees in ((1, 2, (0, 1, 2, 4)), (3, 2, (0, 1, 2, 3, 7)), (3, 9, (0, 1, 5, 8)), (2, 1, (1, 4))):
    for k in degrees:
        out["relu_ntk"].append([layers, d, k, nstr(angle(d, k, lambda r: ntk(layers, r)), 30)])

mp.dps = 300
d = 128


def erf_ntk(layers, r):
    unit = asin(mpf(2) / 3)
    s = t = r
    for _ in range(layers):
        t, s = t * mpf(2) / 3 / sqrt(1 - 4 * s * s / 9) / unit + asin(2 * s / 3) / unit, asin(2 * s / 3) / unit
    return t


kernels = [erf_ntk(4, 1 - mpf(2 * r) / d) for r in range(d + 1)]
for k in range(0, 49):
    # coefficients of (1-x)^k (1+x)^(d-k), multiplied out
    coefficients = [0] * (d + 1)
    for i in range(k + 1):
        for j in range(d - k + 1):
            coefficients[i + j] += (-1) ** i * int(binomial(k, i)) * int(binomial(d - k, j))
    value = sum(a * b for a, b in zip(coefficients, kernels)) / mpf(2) ** d
    out["cube_erf_ntk_4"].append([k, nstr(value, 25) if k % 2 else "0"])
print("{" + ",\n".join(json.dumps(name) + ": " + json.dumps(rows) for name, rows in out.items()) + "}")
