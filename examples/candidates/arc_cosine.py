"""The arc-cosine kernel of degree 1 as GPflow and GPJax have it (Cho and Saul 2009), with a weight and a bias variance.

    deeplimit identities relu --against 'python3 examples/candidates/arc_cosine.py'

GPflow's ArcCosine(order=1) is k(x, y) = |x| |y| J(angle)/pi with |x|^2 = w x.x + b and J = sin + (pi - angle) cos: twice the
covariance of a ReLU layer. Replace `layer` by a call of your library; the rest is the protocol.
"""

import json
import math
import sys


def layer(q, p, covariance):
    """2 E relu(u) relu(v) for variances q, p."""
    size = math.sqrt(q * p)
    if size == 0:
        return 0.0
    cosine = max(-1.0, min(1.0, covariance / size))
    angle = math.acos(cosine)
    return size / math.pi * (math.sin(angle) + (math.pi - angle) * cosine)


def answer(question):
    if question["activation"] != "relu":
        return {}
    rho = question["rho"]
    want = question["want"]
    if want == ["dual"]:
        return {"dual": layer(1.0, 1.0, rho)}
    if want == ["covariance"]:
        q, p = question["variances"]
        return {"covariance": layer(q, p, math.sqrt(q * p) * rho) / 2}
    if want == ["nngp", "ntk"] and question["convention"] == "lee2019":
        w, b = question["sigma_w"] ** 2, question["sigma_b"] ** 2
        q, p = (w * n + b for n in question["norms"])
        k = w * math.sqrt(question["norms"][0] * question["norms"][1]) * rho + b
        for _ in range(question["depth"]):
            k = w * layer(q, p, k) / 2 + b
            q, p = w * q / 2 + b, w * p / 2 + b
        return {"nngp": k}
    return {}


for line in sys.stdin:
    question = json.loads(line)
    print(json.dumps({"id": question["id"], **answer(question)}), flush=True)
