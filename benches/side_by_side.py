"""neural-tangents and deeplimit on the same inputs, side by side: times, their ratio, and how far the kernels differ.

    python3 -m venv venv
    venv/bin/pip install jax==0.4.30 jaxlib==0.4.30 neural-tangents==0.6.5
    venv/bin/python benches/side_by_side.py            # fully connected and convolutional
    venv/bin/python benches/side_by_side.py gram       # one of them

Compilation (jit) is left out of neural-tangents' times; the preparation of a compiled kernel of deeplimit is shown apart.
Rounds alternate, so that a busy machine is busy for both; of each the best round counts.
"""

import json
import os
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import jax

jax.config.update("jax_enable_x64", True)

import numpy as np
from neural_tangents import stax

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROUNDS = 3


def peer():
    """The benchmark `peer` of this crate, built."""
    words = ["cargo", "bench", "--bench", "peer", "--no-run", "--message-format=json", "--quiet"]
    out = subprocess.run(words, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    found = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    return next(m["executable"] for m in found if m.get("target", {}).get("name") == "peer")


def answer(*words):
    return json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)


def seconds(run):
    begun = time.perf_counter()
    out = run()
    jax.block_until_ready(out)
    return time.perf_counter() - begun, out


def hidden(depth):
    layers = []
    for _ in range(depth):
        layers += [stax.Dense(512, W_std=2**0.5, b_std=0.0), stax.Relu()]
    return stax.serial(*layers)[2]


def dense(depth):
    """NNGP and NTK as a function of the inputs: in one piece, or layer by layer where jit would take minutes for it."""
    last = stax.Dense(1, W_std=1.0, b_std=0.0)[2]

    def kernels(k):
        k = last(k)
        return k.nngp, k.ntk

    if depth <= 20:
        whole = hidden(depth)
        return jax.jit(lambda a: kernels(whole(a, None)))
    first, layer, end = jax.jit(hidden(1)), jax.jit(hidden(1)), jax.jit(kernels)

    def walked(a):
        k = first(a, None)
        for _ in range(depth - 1):
            k = layer(k)
        return end(k)

    return walked


def gram(program, folder):
    n, d = 1000, 10
    x = np.random.default_rng(1).standard_normal((n, d))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    points, out = os.path.join(folder, "x"), os.path.join(folder, "k")
    x.tofile(points)
    # Dense divides by d; the last layer has W_std = 1
    inputs = jax.numpy.asarray(x * d**0.5)
    for depth in [3, 10, 1000]:
        compiled = dense(depth)
        begun, _ = seconds(lambda: compiled(inputs))
        theirs, ours = [], []
        for _ in range(ROUNDS):
            once, found = seconds(lambda: compiled(inputs))
            theirs.append(once)
            ours.append(answer(program, "gram", points, str(n), str(d), str(depth), out))
        mine = np.fromfile(out).reshape(2, n, n)
        # sigma_w^2 = 2 before each relu is c_sigma behind it, and the last layer does not scale: the same kernels
        apart = [np.max(np.abs(np.asarray(k) / own - 1)) for k, own in zip(found, mine)]
        least = lambda name: min(a[name] for a in ours)
        peer_ms, fresh, again, prepared = 1e3 * min(theirs), least("fresh"), least("again"), least("prepared")
        print(
            f"n = {n}, L = {depth}: neural-tangents {peer_ms:.1f} ms (and {begun:.1f} s to compile), deeplimit {fresh:.2f} ms, "
            f"ratio {peer_ms / fresh:.0f}; {again:.2f} ms into memory that is there already, ratio {peer_ms / again:.0f} (and "
            f"{prepared:.1f} ms to prepare: ratio {peer_ms / (fresh + prepared):.1f} with it); differences {apart[0]:.0e} nngp, "
            f"{apart[1]:.0e} ntk",
            flush=True,
        )


def convolutional(depth):
    layers = []
    for _ in range(depth):
        layers += [stax.Conv(512, (3, 3), padding="SAME", W_std=2**0.5, b_std=0.0), stax.Relu()]
    return stax.serial(*layers, stax.GlobalAvgPool(), stax.Dense(1, W_std=1.0, b_std=0.0))[2]


def cntk(program, folder):
    depth, n = 5, 4
    images = np.random.default_rng(2).standard_normal((n, 32, 32, 3)).astype(np.float32)
    pixels, out = os.path.join(folder, "images"), os.path.join(folder, "c")
    images.tofile(pixels)
    kernel = convolutional(depth)
    compiled = jax.jit(lambda a, b: kernel(a, b, "ntk"))
    x = jax.numpy.asarray(images, dtype=jax.numpy.float64)
    seconds(lambda: compiled(x, x[:]))
    theirs, ours = [], {"f32": [], "f64": []}
    values = {}
    for _ in range(ROUNDS):
        once, found = seconds(lambda: compiled(x, x))
        theirs.append(once)
        for numbers, times in ours.items():
            times.append(answer(program, "cntk", pixels, str(n), str(depth), numbers, out)["milliseconds"])
            values[numbers] = np.fromfile(out).reshape(n, n)
    each = n * n * depth
    peer_ms = 1e3 * min(theirs) / each
    print(f"CNTK, 32 x 32 x 3, pooling, {depth} layers, 2 cores, per pair and layer: neural-tangents (f64) {peer_ms:.2f} ms")
    for numbers, times in ours.items():
        own = min(times) / each
        ratio = np.asarray(found) / values[numbers]
        print(
            f"  deeplimit {numbers}: {own:.3f} ms, ratio {peer_ms / own:.0f}; "
            f"the kernels' quotient is the same to {np.max(np.abs(ratio / ratio[0, 1] - 1)):.0e}",
            flush=True,
        )


def main():
    wanted = sys.argv[1:] or ["gram", "cntk"]
    program = peer()
    with tempfile.TemporaryDirectory() as folder:
        for name in wanted:
            {"gram": gram, "cntk": cntk}[name](program, folder)


main()
