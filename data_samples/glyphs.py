"""The weights of `pipelines.scan.numbers.glyphs`, learned from signs drawn in many ways.

`python -m data_samples.glyphs` draws digits and letters in the faces that come with the libraries and in strokes of a
pen, spoils them as paper and scanners do, and writes the weights. The same seed gives the same weights.
"""

import sys
from functools import cache
from random import Random
from typing import Any

import numpy as np
import numpy.typing as npt

from data_samples.signs import EM, PEN, Ink, drawn, junk, pen, spoilt
from pipelines.scan.numbers.glyphs import CLASSES, JUNK, WEIGHTS, canvas, features, softmax


def samples(number: int, seed: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Return features and classes of spoilt signs: half of them digits."""
    rng, noise = Random(seed), np.random.default_rng(seed)
    signs = _signs()
    names = [name for name in CLASSES if name != JUNK]
    squares, sizes, classes = [], [], []
    for _ in range(number):
        draw = rng.random()
        name = rng.choice("0123456789") if draw < 0.5 else JUNK if draw > 0.9 else rng.choice(names)
        if name == JUNK:
            sign = junk(signs, rng)
        elif name in PEN and rng.random() < 0.35:
            sign = pen(name, rng)
        else:
            sign = rng.choice(signs[name])
        ink, whole = spoilt(sign, rng, noise)
        name = name if whole else JUNK
        unit = EM * 0.72 * max(0.3, ink.shape[0] / max(sign.shape[0], 1)) * rng.uniform(0.9, 1.12)
        squares.append(canvas(ink))
        sizes.append((ink.shape[0] / unit, ink.shape[1] / unit))
        classes.append(CLASSES.index(name))
    seen = features(np.array(squares), np.array(sizes, dtype=np.float32))
    return seen, np.array(classes, dtype=np.int64)


@cache
def _signs() -> dict[str, list[Ink]]:
    return drawn()


def train(number: int = 120_000, hidden: int = 192, rounds: int = 14, seed: int = 7) -> dict[str, Any]:
    """Return weights learned from `number` drawn signs (Adam, batches of 256)."""
    seen, classes = samples(number, seed)
    rng = np.random.default_rng(seed)
    mean = seen.mean(axis=0)
    seen -= mean
    shapes = {"w1": (seen.shape[1], hidden), "b1": (hidden,), "w2": (hidden, len(CLASSES)), "b2": (len(CLASSES),)}
    net = {name: np.zeros(shape, dtype=np.float32) for name, shape in shapes.items()}
    for name in ("w1", "w2"):
        net[name] = rng.normal(0, np.sqrt(2 / shapes[name][0]), shapes[name]).astype(np.float32)
    first = {name: np.zeros_like(value) for name, value in net.items()}
    second = {name: np.zeros_like(value) for name, value in net.items()}
    step, steps = 0, rounds * (len(seen) // 256)
    for _ in range(rounds):
        order = rng.permutation(len(seen))
        for start in range(0, len(order) - 255, 256):
            step += 1
            chosen = order[start : start + 256]
            slopes = _slopes(net, seen[chosen], classes[chosen], rng)
            rate = 0.002 * 0.5 * (1 + np.cos(np.pi * step / steps))
            for name, slope in slopes.items():
                first[name] += 0.1 * (slope - first[name])
                second[name] += 0.001 * (slope**2 - second[name])
                moved = first[name] / (1 - 0.9**step) / (np.sqrt(second[name] / (1 - 0.999**step)) + 1e-8)
                net[name] -= rate * (moved + (1e-3 * net[name] if name[0] == "w" else 0))
    return net | {"mean": mean}


def _slopes(net: dict[str, Any], seen: Any, classes: Any, rng: np.random.Generator) -> dict[str, Any]:
    kept = (rng.random((len(seen), net["b1"].size)) > 0.15).astype(np.float32) / 0.85
    inner = np.maximum(seen @ net["w1"] + net["b1"], 0) * kept
    off = softmax(inner @ net["w2"] + net["b2"])
    off[np.arange(len(off)), classes] -= 1
    off /= len(off)
    back = (off @ net["w2"].T) * (inner > 0) * kept
    return {"w1": seen.T @ back, "b1": back.sum(axis=0), "w2": inner.T @ off, "b2": off.sum(axis=0)}


def main() -> None:
    """Write the weights and say how often signs drawn with another seed are read rightly."""
    net = train()
    np.savez_compressed(WEIGHTS, **{name: value.astype(np.float16) for name, value in net.items()})
    seen, classes = samples(10_000, 8)
    read = softmax(np.maximum((seen - net["mean"]) @ net["w1"] + net["b1"], 0) @ net["w2"] + net["b2"])
    digit = classes < 10
    right = read.argmax(axis=1) == classes
    sys.stdout.write(f"{right.mean():.4f} of signs, {right[digit].mean():.4f} of digits\n")


if __name__ == "__main__":
    main()
