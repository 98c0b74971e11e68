"""A user's own function: the kernels of a ReLU network in double precision.

    deeplimit identities relu --against 'python3 examples/candidates/own_function.py'
"""

import json
import math
import sys


def dual(rho):
    """E phi(u) phi(v) and E phi'(u) phi'(v) of the normalised ReLU."""
    root = math.sqrt((1 - rho) * (1 + rho))
    angle = math.pi - math.atan2(root, rho)
    return (root + rho * angle) / math.pi, angle / math.pi


def kernels(rho, depth):
    nngp = ntk = rho
    for _ in range(depth):
        nngp, slope = dual(nngp)
        ntk = ntk * slope + nngp
    return nngp, ntk


def answer(question):
    if question["activation"] != "relu":
        return {}
    if question["want"] == ["dual"]:
        return {"dual": dual(question["rho"])[0]}
    if question["want"] == ["slope"]:
        return {"slope": dual(question["rho"])[1]}
    if "nngp" in question["want"] and question["convention"] in ("radhakrishnan2022", "arora2019"):
        nngp, ntk = kernels(question["rho"], question["depth"])
        return {"nngp": nngp, "ntk": ntk}
    return {}


for line in sys.stdin:
    question = json.loads(line)
    print(json.dumps({"id": question["id"], **answer(question)}), flush=True)
