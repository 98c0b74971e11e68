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
                _, ax = plt.subplots(figsize=(2.9, 3.0) if draw.__name__ == "cobweb" else None)
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
    """The name, or the formula where it is short enough for a line."""
    name = str(getattr(activation, "name", activation))
    if not name.isidentifier() and len(name) <= 48:
        formula = _formula(activation)
        if formula is not None:
            ax.set_title(formula)
            return
    ax.set_title((name if len(name) <= 48 else name[:45] + "...").replace("$", r"\$"))


def _formula(activation: Any) -> str | None:
    """The formula for matplotlib's own TeX; None where it cannot set it."""
    from matplotlib.mathtext import MathTextParser

    try:
        lines = activation.emit("latex", facts=False).splitlines()
        formula = "".join(line for line in lines if not line.startswith("%"))
        formula = "$" + formula.replace(r"\text{", r"\mathrm{").replace(r"\ge ", r"\geq ") + "$"
        MathTextParser("path").parse(formula)
    except (AttributeError, Error, ValueError):
        return None
    crowded = "cases" in formula or "^{\\frac" in formula or formula.count("\\frac") > 1
    return None if crowded else formula


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
    curves = [(activation(x), r"$\varphi$", BLUE, "-"), (activation.derivative(x), r"$\varphi\prime$", RED, (0, (4, 1.6)))]
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
    ends, above = [], []
    for y, text, color, _ in curves:
        last = np.flatnonzero(np.isfinite(y))[-1]
        if low <= y[last] <= high:
            ends.append((float(y[last]), text, color))
        else:
            seen = np.flatnonzero(np.isfinite(y) & (y >= low) & (y <= high))[-1]
            above.append((float(x[seen]), float(y[seen]) > (low + high) / 2, text, color))
    _labels_right(ax, ends, x[-1], gap=12)
    near = len(above) == 2 and abs(above[0][0] - above[1][0]) < 0.5
    for (at, top, text, color), side in zip(sorted(above), (-5, 5) if near else (0, 0)):
        edge = ax.get_ylim()[1 if top else 0]
        _label(ax, at, edge, text, color, dx=side, dy=5 if top else -5, ha="center", va="bottom" if top else "top")
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
    way = [rho]
    for _ in range(steps):
        way.append(float(layer.at(way[-1])))
    bottom = min(low, y.min())
    ax.set_xlim(low, 1)
    ax.set_ylim(bottom, 1)
    ax.set_aspect("equal")
    ticks = [t for t in (-1, -0.5, 0, 0.5, 1) if t >= low]
    ax.set_xticks(ticks)
    ax.set_yticks([t for t in (-1, -0.5, 0, 0.5, 1) if t >= bottom])
    ax.plot([low, 1], [low, 1], color=GREY, lw=0.8)
    ax.plot(x, y, color=BLUE, clip_on=False)
    ax.plot(np.repeat(way, 2)[:-1], np.r_[rho, np.repeat(way[1:], 2)], color=RED, lw=0.8, clip_on=False)
    ax.plot([rho], [rho], "o", color=RED, ms=3.5, clip_on=False)
    ax.plot([way[-1]], [way[-1]], "o", mfc="none", color=RED, ms=5, mew=1, clip_on=False)
    _title(ax, activation)
    ax.set_xlabel(r"$\rho$")
    ax.set_ylabel(r"$\rho$ one layer on")
    # words stand on the side of the diagonal where the curve is not
    over = float(np.mean(y - x)) > 0
    side = {"dx": 5, "dy": -7, "ha": "left"} if over else {"dx": -5, "dy": 7, "ha": "right"}
    _label(ax, rho, rho, r"$\rho$", RED, **side)
    if abs(way[-1] - rho) > 0.04 * (1 - low):
        if not over and way[-1] - low < 0.12 * (1 - low):
            side = {"dx": 4, "dy": 26, "ha": "left"}
        _label(ax, way[-1], way[-1], rf"$\rho_{{{steps}}}$", RED, **side)
    start, stop = min(way), max(way)
    room = 0.3 * (stop - start)
    seen = (x >= start - room) & (x <= stop + room)
    if stop > start and float(np.max(np.abs(y - x)[seen])) < 0.12 * (1 - low):
        # too near to the diagonal to be seen: the difference along the way, in the free corner
        corner = [0.66, 0.1, 0.33, 0.26] if over else [0.2, 0.68, 0.33, 0.24]
        small = ax.inset_axes(corner)
        small.axhline(0, color=GREY, lw=0.8)
        small.plot(x[seen], (y - x)[seen], color=BLUE, lw=1.1)
        small.plot([rho], [0], "o", color=RED, ms=2.5, clip_on=False)
        small.plot([way[-1]], [0], "o", mfc="none", color=RED, ms=4, mew=0.9, clip_on=False)
        small.set_xlim(max(start - room, low), min(stop + room, 1))
        small.spines[["top", "right", "bottom"]].set_visible(False)
        small.patch.set_visible(False)
        small.set_xticks([])
        small.tick_params(labelsize=7, length=2)
        small.locator_params(axis="y", nbins=3)
        small.set_title("gain of $\\rho$", fontsize=8, pad=3, color=BLUE)
        for axis in (small.xaxis, small.yaxis):
            axis.get_major_ticks(8)


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
    least = size[known].min() if known.any() else 1.0
    floor = min(10 ** math.floor(math.log10(least) - 0.4), 1e-3)
    both = (known & (degree % 2 == 0)).any() and (known & (degree % 2 == 1)).any()
    dot = 3.5 if n <= 60 else 2
    for rest, color, words in ((0, BLUE, "even $n$"), (1, RED, "odd $n$")):
        these = known & (degree % 2 == rest)
        if these.any():
            ax.vlines(degree[these], floor, size[these], color=color, lw=1 if n <= 60 else 0.5)
            ax.plot(degree[these], size[these], "o", color=color, ms=dot, label=words if both else "_")
    if zero.any() and n <= 60:
        ax.plot(degree[zero], np.full(zero.sum(), floor), "o", mfc="none", color=GREY, ms=2.6, mew=0.7, clip_on=False, label="0, exactly")
    if unknown.any():
        bound = np.maximum((np.sqrt(size) + error)[unknown] ** 2, floor)
        ax.plot(degree[unknown], bound, "v", mfc="none", color=GREY, ms=3.5, mew=0.7, label="below")
    if ax.get_legend_handles_labels()[0]:
        ax.legend(loc="best", handletextpad=0.1, borderaxespad=0, labelspacing=0.25, **_page(ax))
    ax.set_yscale("log")
    ax.set_ylim(floor, 2)
    ax.set_xlim(-1, n + 1)
    ax.set_xlabel(r"$n$")
    ax.set_ylabel(r"$a_n^2$")
    _title(ax, activation)


def _page(ax: Any) -> dict[str, Any]:
    """A legend through which the lines behind are hardly seen, in the colour of the page."""
    return {"frameon": True, "facecolor": ax.get_facecolor(), "edgecolor": "none", "framealpha": 0.85}


def _ratio(activation: Any, depth: Any, kind: str, rho: np.ndarray) -> tuple[np.ndarray, bool] | None:
    """The kernel divided by its value at one half, and whether it vanishes at 0; None where it is below all doubles there."""
    from . import Kernel

    try:
        kernel = Kernel(activation, depth, kind=kind)
    except DomainError:
        # pairs become orthogonal twice as fast with every layer; a depth that is none is found below
        Kernel(activation, 1, kind=kind)
        if depth != "inf" and not (isinstance(depth, (int, np.integer)) and depth > 1):
            raise
        return None
    if depth == "inf" and kernel.classifier in ("majority vote", "interpolant"):
        # all pairs of different inputs come to the same
        return np.ones(rho.shape), False
    middle = float(kernel.at(0.5))
    if middle == 0:
        return None
    with np.errstate(over="ignore"):
        y = np.asarray(kernel.at(rho)) / middle
    # infinite at equal or opposite inputs, or too large for any picture: the line ends where the picture does
    return np.where(np.abs(y) < 1e30, y, np.nan), abs(float(kernel.at(0.0))) < 1e-9 * abs(middle)


@_styled
def kernel_plot(activation: Any, depths: Sequence[Any] = (1, 10, 100, "inf"), *, kind: str = "ntk", ax: Any) -> None:
    """The kernels against the angle, each divided by its value at 60 degrees, where the correlation is one half.

    Up to 90 degrees where the kernels vanish there. In the regime of the nearest neighbour the ratio tends to infinity below 60 degrees
    and to 0 above: a vertical line, for every depth at which doubles cannot tell it from the limit.
    """
    colors = [BLUE, GREEN, "#E69F00", RED, "#CC79A7"]
    dashes = ["-", (0, (6, 1.5)), (0, (3, 1.2)), "-", (0, (1, 1))]
    depths = list(depths)
    if not 1 <= len(depths) <= len(colors):
        raise Error(f"depths must be from 1 to {len(colors)} depths, got {len(depths)}")
    # fine towards equal inputs, where deep kernels vary
    angle = np.r_[np.geomspace(0.05, 10, 200), np.linspace(10, 180, 341)[1:]]
    rho = np.cos(np.radians(angle))
    ends, values, half, steps = [], [], True, []
    for depth, color, dash in zip(depths, colors, dashes):
        name = r"$L = \infty$" if depth == "inf" else rf"$L = {depth}$"
        look = {"color": color, "ls": dash, "lw": 1.8 if depth == "inf" else 1.3}
        found = _ratio(activation, depth, kind, rho)
        if found is None:
            steps.append((name, look))
            continue
        y, vanishes = found
        half = half and vanishes
        values.append(y)
        ax.plot(angle, y, label=name, **look)
        ends.append([y, name, color])
    for name, look in steps[-1:]:
        # several of them lie on each other
        ax.axvline(60, label=name if len(steps) == 1 else f"{steps[0][0]} to {name}", **look)
    half = half and bool(values)
    last = 90 if half else 180
    if values:
        inner = (angle >= 8) & (angle <= (80 if half else 172))
        near = np.concatenate([v[inner] for v in values])
        every = np.concatenate([v[angle < last] for v in values])
        near = near[np.isfinite(near)]
        if near.min() > 0 and near.max() / near.min() > 30:
            ax.set_yscale("log")
            ax.set_ylim(0.6 * max(near.min(), 1e-3), min(1.5 * np.nanmax(every), 1e4))
        else:
            low, high = max(near.min(), -20.0), min(near.max(), 20.0)
            room = 0.06 * (high - low) or 0.5
            ax.set_ylim(low - room, high + room)
            if low < 0 < high:
                ax.axhline(0, color=GREY, lw=0.5, zorder=0)
    ax.set_xlim(0, last)
    ax.set_xticks(np.linspace(0, last, 4 if half else 5))
    if half or steps:
        # the lines meet at the right: words in the free corner
        ax.legend(loc="upper right", borderaxespad=0, handlelength=2.2, labelspacing=0.25, labelcolor="linecolor", **_page(ax))
    else:
        bottom, top = ax.get_ylim()
        for end in ends:
            end[0] = float(np.clip(np.nan_to_num(end[0][-1], nan=top), bottom, top))
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
