"""neural-tangents 0.6: its kernels of fully connected networks.

    pip install neural-tangents==0.6.5 jax==0.4.30 jaxlib==0.4.30 'numpy<2.1' 'scipy<1.14'; pip install --no-deps tf2jax==0.3.6
    deeplimit identities relu erf --against 'python3 examples/candidates/with_neural_tangents.py' --single
    JAX_ENABLE_X64=1 deeplimit identities relu --against 'python3 examples/candidates/with_neural_tangents.py'

Two inputs of the wanted norms and correlation are made; the network is `Dense - (phi - Dense)^L` in the `ntk` parametrisation,
which is the convention lee2019.
"""

import functools
import json
import math
import sys

import jax.numpy as jnp
import numpy as np
from neural_tangents import stax

LAYERS = {
    "relu": stax.Relu,
    "abs": stax.Abs,
    "erf": stax.Erf,
    "sin": stax.Sin,
    "cos": functools.partial(stax.Sin, c=math.pi / 2),
    "exp": stax.Exp,
    "gelu": stax.Gelu,
    "sign": stax.Sign,
    "x": stax.Identity,
}


@functools.lru_cache(maxsize=None)
def network(activation, depth, first, sigma_w, sigma_b):
    layers = [stax.Dense(1, W_std=first, b_std=sigma_b)]
    for _ in range(depth):
        layers += [LAYERS[activation](), stax.Dense(1, W_std=sigma_w, b_std=sigma_b)]
    return stax.serial(*layers)[2]


def kernels(activation, depth, first, sigma_w, sigma_b, norms, rho):
    q, p = norms
    # neural-tangents divides by the width of the input, which is 2
    x = np.array([[math.sqrt(2 * q), 0.0]])
    y = np.array([[math.sqrt(2 * p) * rho, math.sqrt(2 * p) * math.sqrt((1 - rho) * (1 + rho))]])
    kernel = network(activation, depth, first, sigma_w, sigma_b)
    found = kernel(jnp.asarray(x), jnp.asarray(y), ("nngp", "ntk"))
    return float(found.nngp[0, 0]), float(found.ntk[0, 0])


@functools.lru_cache(maxsize=None)
def normalising(activation):
    """The deviation of the weights that keeps the variance at 1."""
    return 1 / math.sqrt(kernels(activation, 1, 1.0, 1.0, 0.0, (1.0, 1.0), 1.0)[0])


def answer(question):
    activation, rho, want = question["activation"], question["rho"], question["want"]
    if activation not in LAYERS:
        return {}
    if want == ["dual"]:
        return {"dual": kernels(activation, 1, 1.0, normalising(activation), 0.0, (1.0, 1.0), rho)[0]}
    if want == ["covariance"]:
        return {"covariance": kernels(activation, 1, 1.0, 1.0, 0.0, question["variances"], rho)[0]}
    if want != ["nngp", "ntk"]:
        return {}
    depth, norms = question["depth"], question["norms"]
    if question["convention"] == "lee2019":
        w, b = question["sigma_w"], question["sigma_b"]
        nngp, ntk = kernels(activation, depth, w, w, b, norms, rho)
    elif question["convention"] in ("radhakrishnan2022", "arora2019"):
        nngp, ntk = kernels(activation, depth, 1.0, normalising(activation), 0.0, norms, rho)
    else:
        return {}
    return {"nngp": nngp, "ntk": ntk}


for line in sys.stdin:
    question = json.loads(line)
    print(json.dumps({"id": question["id"], **answer(question)}), flush=True)
