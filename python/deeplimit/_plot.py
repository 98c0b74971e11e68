"""Pictures of an activation. Each returns its Axes and leaves matplotlib's settings as they were."""

from __future__ import annotations

import functools
import math
from fractions import Fraction
from pathlib import Path
from typing import Any, Callable, Iterable, Sequence

import numpy as np

from ._errors import DomainError, Error

__all__ = ["STYLE", "cobweb", "kernel_plot", "limit_plot", "plot", "spectrum"]

#: The style file, for a figure of one's own: ``with plt.style.context(deeplimit._plot.STYLE): ...``
STYLE = str(Path(__file__).with_name("deeplimit.mplstyle"))

BLUE, RED, GREEN = "#0072B2", "#D55E00", "#009E73"
#: In between black and white: seen on both.
GREY = "0.55"


def _styled(draw: Callable[..., Any]) -> Callable[..., Any]:
    """In the package's style, on given axes or new ones."""

    @functools.wraps(draw)
    def styled(*args: Any, ax: Any = None, **options: Any) -> Any:
        try:
            import matplotlib.pyplot as plt
        except ImportError as error:
            raise ImportError("plots need matplotlib: pip install matplotlib") from error
        if ax is not None and not hasattr(ax, "plot"):
            raise Error(f"ax must be Axes of matplotlib, got {type(ax).__name__}")
        with plt.style.context(STYLE):
            if ax is None:
                _, ax = plt.subplots()
            else:
                ax.spines[["top", "right"]].set_visible(False)
            draw(*args, ax=ax, **options)
            for axis in (ax.xaxis, ax.yaxis):
                # ticks are made when they are drawn, when this style has gone: make them now
                axis.get_major_ticks(16)
                axis.get_minor_ticks(60)
        return ax

    return styled


def _title(ax: Any, activation: Any) -> None:
    name = str(getattr(activation, "name", activation))
    ax.set_title((name if len(name) <= 48 else name[:45] + "...").replace("$", r"\$"))


def _label(ax: Any, x: float, y: float, text: str, color: Any, dx: float = 4, dy: float = 0, **options: Any) -> Any:
    """A word beside a point, in points of type."""
    options = {"ha": "left", "va": "center", **options}
    return ax.annotate(text, (x, y), (dx, dy), textcoords="offset points", color=color, annotation_clip=False, **options)


def _labels_right(ax: Any, labels: Iterable[Sequence[Any]], x: float, gap: float = 11) -> None:
    """Words beside the right ends of lines, pushed apart, with a thin line to its end where one moved."""
    ax.figure.canvas.draw()
    scale = 72 / ax.figure.dpi
    bottom, top = (y * scale for y in ax.get_window_extent().intervaly)
    placed = []
    for y, text, color in labels:
        at = ax.transData.transform((x, y))[1] * scale
        placed.append([min(max(at, bottom), top), at, y, text, color])
    placed.sort(key=lambda p: p[0])
    for _ in range(200):
        moved = False
        for below, above in zip(placed, placed[1:]):
            lack = gap - (above[0] - below[0])
            if lack > 0.01:
                below[0] -= lack / 2
                above[0] += lack / 2
                moved = True
        if not moved:
            break
    for now, at, y, text, color in placed:
        away = abs(now - at) > 2
        arrow = {"arrowstyle": "-", "color": color, "lw": 0.5, "shrinkA": 0, "shrinkB": 0, "relpos": (0, 0.5)} if away else None
        _label(ax, x, y, text, color, dx=14 if away else 5, dy=now - at, arrowprops=arrow)


def _broken(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """A copy with a gap where the function jumps."""
    step = np.abs(np.diff(y))
    around = np.maximum(np.r_[0.0, step[:-1]], np.r_[step[1:], 0.0])
    size = np.ptp(y[np.isfinite(y)]) if np.isfinite(y).any() else 0.0
    y = y.copy()
    y[1:][(step > 0.01 * size) & (step > 8 * around)] = np.nan
    return y


@_styled
def plot(activation: Any, *, ax: Any) -> None:
    """The activation and its derivative."""
    x = np.linspace(-4.0, 4.0, 1601)
    curves = [(activation(x), r"$\varphi$", BLUE, "-"), (activation.derivative(x), r"$\varphi'$", RED, (0, (4, 1.6)))]
    ax.axhline(0, color=GREY, lw=0.5, zorder=0)
    ax.axvline(0, color=GREY, lw=0.5, zorder=0)
    inner = np.abs(x) <= 2.2
    low, high = 0.0, 0.0
    for y, _, color, dash in curves:
        seen = y[inner & np.isfinite(y)]
        low, high = min(low, seen.min(initial=0.0)), max(high, seen.max(initial=0.0))
        ax.plot(x, _broken(x, y), color=color, ls=dash)
    size = (high - low) or 1.0
    every = np.concatenate([y[np.isfinite(y)] for y, *_ in curves])
    low, high = max(every.min(initial=0.0), low - 0.35 * size), min(every.max(initial=0.0), high + 0.35 * size)
    ax.set_xlim(x[0], x[-1])
    ax.set_ylim(low - 0.06 * size, high + 0.06 * size)
    ends = []
    for y, text, color, _ in curves:
        ends.append((float(np.clip(y[-1], low, high)) if np.isfinite(y[-1]) else high, text, color))
    _labels_right(ax, ends, x[-1], gap=12)
    ax.set_xlabel(r"$x$")
    _title(ax, activation)


@_styled
def cobweb(activation: Any, rho: float = 0.9, *, steps: int = 60, ax: Any) -> None:
    """The dual as a map, and the way of a correlation through the layers."""
    from . import Kernel

    rho = float(rho)
    if not -1 <= rho <= 1:
        raise Error(f"rho must be between -1 and 1, got {rho!r}")
    layer = Kernel(activation, 1, kind="nngp")
    low = -1.0 if rho < 0 else 0.0
    # dense where a slope may be infinite
    x = np.sort(np.r_[np.linspace(low, 1, 401), 1 - np.geomspace(1e-7, 0.1, 60), low + np.geomspace(1e-7, 0.1, 60)])
    y = np.asarray(layer.at(x))
    ax.plot([low, 1], [low, 1], color=GREY, lw=0.8)
    ax.plot(x, y, color=BLUE)
    way = [rho]
    for _ in range(steps):
        way.append(float(layer.at(way[-1])))
    corners_x = np.repeat(way, 2)[:-1]
    corners_y = np.r_[rho, np.repeat(way[1:], 2)]
    ax.plot(corners_x, corners_y, color=RED, lw=0.8)
    ax.plot([rho], [rho], "o", color=RED, ms=3.5)
    _label(ax, rho, rho, r"$\rho$", RED, dx=5, dy=-6)
    ax.plot([way[-1]], [way[-1]], "o", mfc="none", color=RED, ms=5, mew=1)
    ax.set_xlim(low, 1)
    ax.set_ylim(min(low, y.min()), 1)
    ax.set_aspect("equal")
    at = 0.45 * (1 - low) + low
    ax.set_xlabel(r"$\rho$ in a layer")
    ax.set_ylabel(r"$\rho$ in the next")
    _title(ax, activation)


@_styled
def spectrum(activation: Any, n: int = 40, *, ax: Any) -> None:
    """The squares of the Hermite coefficients."""
    if not 1 <= n <= 3000:
        raise Error(f"n must be between 1 and 3000, got {n}")
    terms = activation.hermite(n)
    degree = np.arange(len(terms))
    size = np.array([float(a) ** 2 for a in terms])
    error = np.array([float(a.radius) for a in terms])
    zero = np.array([a.exact == "0" for a in terms])
    known = ~zero & (np.sqrt(size) > error) & (size > 0)
    unknown = ~zero & ~known
    if known.any():
        least = size[known].min()
        floor = 10 ** math.floor(math.log10(least) - 0.4)
    else:
        floor = 1e-3
    for rest, color, words in ((0, BLUE, "even"), (1, RED, "odd")):
        these = known & (degree % 2 == rest)
        if these.any():
            ax.vlines(degree[these], floor, size[these], color=color, lw=1)
            ax.plot(degree[these], size[these], "o", color=color, ms=3.5 if n <= 60 else 2, label=f"{words} $n$")
    ax.set_yscale("log")
    ax.set_ylim(floor, 2)
    ax.set_xlim(-1, n + 1)
    ax.set_xlabel(r"$n$")
    ax.set_ylabel(r"$a_n^2$")
    _title(ax, activation)


@_styled
def kernel_plot(activation: Any, depths: Sequence[Any] = (1, 10, 100, "inf"), *, kind: str = "ntk", ax: Any) -> None:
    """The kernels against the angle, each divided by its value at 60 degrees, where the correlation is one half.

    Up to 90 degrees for odd activations. Limits that are no functions (nearest neighbour) or known up to a constant (ordered) are
    left out.
    """
    from . import Kernel

    colors = [BLUE, GREEN, "#E69F00", RED, "#CC79A7"]
    dashes = ["-", (0, (6, 1.5)), (0, (3, 1.2)), "-", (0, (1, 1))]
    if not 1 <= len(depths) <= len(colors):
        raise Error(f"depths must be from 1 to {len(colors)} depths, got {len(depths)}")
    # fine towards equal inputs, where deep kernels vary
    angle = np.r_[np.geomspace(0.05, 10, 200), np.linspace(10, 180, 341)[1:]]
    rho = np.cos(np.radians(angle))
    ends, values, odd = [], [], True
    for depth, color, dash in zip(depths, colors, dashes):
        try:
            kernel = Kernel(activation, depth, kind=kind)
        except DomainError:
            # below all doubles, where pairs become orthogonal twice as fast with every layer
            continue
        middle = float(kernel.at(0.5))
        if kernel.classifier in ("nearest neighbour", "interpolant") or middle == 0:
            # a delta has no curve, and what is known up to a constant is no ratio
            continue
        odd = odd and float(kernel.at(-0.5)) == -middle
        with np.errstate(over="ignore"):
            y = np.asarray(kernel.at(rho)) / middle
        # infinite at equal or opposite inputs: the line ends where the picture does
        values.append(np.where(np.isfinite(y), y, np.nan))
        name = r"$L = \infty$" if depth == "inf" else rf"$L = {depth}$"
        ax.plot(angle, y, color=color, ls=dash, lw=1.8 if depth == "inf" else 1.3)
        ends.append([float(y[-1]), name, color])
    if values:
        last = 90 if odd else 180
        inner = (angle >= 8) & (angle <= (80 if odd else 172))
        near = np.concatenate([v[inner] for v in values])
        every = np.concatenate([v[angle < last] for v in values])
        if near.min() > 0 and near.max() / near.min() > 30:
            ax.set_yscale("log")
            low, high = max(np.nanmin(near), 1e-3), min(1.5 * np.nanmax(every), 1e4)
            ax.set_ylim(0.6 * low, high)
        else:
            low, high = near.min(), near.max()
            room = 0.06 * (high - low) or 0.5
            ax.set_ylim(low - room, high + room)
            if low < 0 < high:
                ax.axhline(0, color=GREY, lw=0.5, zorder=0)
    bottom, top = ax.get_ylim()
    last = 90 if odd and values else 180
    for end, y in zip(ends, values):
        end[0] = float(np.clip(np.nan_to_num(y[angle <= (82 if odd else 180)][-1], nan=bottom), bottom, top))
    ax.set_xlim(0, last)
    ax.set_xticks(np.linspace(0, last, 4 if odd else 5))
    _labels_right(ax, ends, last)
    ax.set_xlabel("angle between the inputs, in degrees")
    letter = r"\Theta" if kind == "ntk" else r"\Sigma"
    ax.set_ylabel(rf"${letter}_L(\rho)\,/\,{letter}_L(1/2)$")
    _title(ax, activation)


@_styled
def limit_plot(table: Any, *, ax: Any) -> None:
    """The limit kernel of a `LimitTable` against the correlation."""
    rows = [(float(Fraction(row.rho)), float(row.limit)) for row in table if row.limit is not None]
    rows = sorted(row for row in rows if math.isfinite(row[1]))
    if not rows:
        raise Error("there is no finite limit to draw")
    ax.plot(*zip(*rows), "o-", color=BLUE)
    ax.set_xlabel(r"$\rho$")
    ax.set_ylabel("limit")
