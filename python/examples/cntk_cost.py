"""What the convolutional kernel of many images costs, from the rate of a few.

    python python/examples/cntk_cost.py data_batch_1.bin --depth 5

Processor time, so that other work on the machine counts as little as it can.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

import deeplimit


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("images", help="CIFAR-10 in binary form")
    arguments.add_argument("--depth", type=int, default=5)
    arguments.add_argument("--sample", type=int, default=32)
    arguments.add_argument("--rows", type=int, default=50_000)
    options = arguments.parse_args()

    records = np.fromfile(options.images, dtype=np.uint8, count=options.sample * 3073).reshape(-1, 3073)
    images = records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1) / 255.0
    images = np.ascontiguousarray(images - images.mean(axis=(0, 1, 2)))
    sample = options.sample * (options.sample + 1) / 2
    pairs = options.rows * (options.rows + 1) / 2
    for pooling in (True, False):
        for dtype in ("f4", "f8"):
            deeplimit.cntk(images[:2], depth=options.depth, pooling=pooling, dtype=dtype)
            start = time.process_time()
            repeats = 0
            while repeats == 0 or time.process_time() - start < 1.0:
                deeplimit.cntk(images, depth=options.depth, pooling=pooling, dtype=dtype)
                repeats += 1
            pair = (time.process_time() - start) / sample / repeats
            words = "with pooling   " if pooling else "without pooling"
            print(
                f"{words} {dtype}: {1e3 * pair:10.4f} ms a pair, {1e3 * pair / options.depth:10.4f} ms a pair and convolution; "
                f"{options.rows:,} images: {pair * pairs / 3600:10,.1f} core-hours"
            )


if __name__ == "__main__":
    main()
