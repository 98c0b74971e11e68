"""How the objects look in Jupyter. No colour of a page is set, so light and dark pages both do."""

from __future__ import annotations

from html import escape
from typing import Any

from ._answers import Classification, LimitTable, NetworkValue
from ._core import Activation, Number
from ._kernel import Kernel

_CELL = "padding:0.15em 0.9em 0.15em 0;text-align:left;vertical-align:top;border:none"
_HEAD = _CELL + ";opacity:0.65;font-weight:normal"


def _number(x: Any) -> str:
    if x is None:
        return "&ndash;"
    text = escape(str(x))
    exact = getattr(x, "exact", None)
    return text if exact is None or exact == str(x) else f'{text} <span style="opacity:0.65">= {escape(exact)}</span>'


def _table(rows: list[list[str]], head: list[str] | None = None) -> str:
    lines = ['<table style="border-collapse:collapse;background:none;color:inherit">']
    if head is not None:
        lines.append("<thead><tr>" + "".join(f'<th scope="col" style="{_HEAD}">{h}</th>' for h in head) + "</tr></thead>")
    lines.append("<tbody>")
    for row in rows:
        first = f'<th scope="row" style="{_HEAD}">{row[0]}</th>' if head is None else f'<td style="{_CELL}">{row[0]}</td>'
        lines.append(f'<tr style="background:none">{first}' + "".join(f'<td style="{_CELL}">{c}</td>' for c in row[1:]) + "</tr>")
    return "".join(lines) + "</tbody></table>"


def _latex(self: Activation) -> str:
    """The formula, for a page with MathJax. There is no HTML of an activation: a notebook would prefer it and show no formula."""
    lines = [line for line in self.emit("latex").splitlines() if not line.startswith("%")]
    return f"$\\displaystyle {' '.join(lines).strip()}$"


def _classification(self: Classification) -> str:
    rows = [
        ["verdict", f"<strong>{escape(self.sentence)}</strong>"],
        ["", "proved" if self.proved else "numerical, not proved: " + escape("; ".join(self.missing))],
    ]
    for name, value in (
        ("<i>c</i><sub>&sigma;</sub>", self.normalisation),
        ("<i>A</i>", self.mean),
        ("<i>A&prime;</i>", self.mean_slope),
        ("<i>B&prime;</i>", self.slope),
        ("&alpha;", self.alpha),
        ("<i>c</i>*", self.fixed_point),
        ("<i>k</i>", self.order),
    ):
        if value is not None:
            rows.append([name, _number(value)])
    steps = "".join(f"<li>{escape(step)}</li>" for step in self.evidence)
    why = f'<details><summary>evidence</summary><ol style="margin:0.3em 0">{steps}</ol></details>' if steps else ""
    head = f'<div style="margin-bottom:0.2em"><code style="background:none;color:inherit">{escape(self.activation)}</code></div>'
    return head + _table(rows) + why


def _limits(self: LimitTable) -> str:
    names = [n for n in ("limit", "function", "correction", "slope", "R") if any(getattr(r, n) is not None for r in self.rows)]
    rows = [[escape(r.rho), *(_number(getattr(r, n)) for n in names)] for r in self.rows]
    return f"<div>{escape(str(self.formula))}</div>" + _table(rows, ["&rho;", *names])


def _kernel(self: Kernel) -> str:
    rows = [
        ["activation", f'<code style="background:none;color:inherit">{escape(self.activation)}</code>'],
        ["kernel", f"{self.kind.upper()}, depth {'&infin;' if self.depth == 'inf' else self.depth}, {escape(self.convention)}"],
        ["lengths", escape(self.lengths)],
        ["classifier", escape(self.classifier)],
        ["error", f"{self.error:.1e} (measured, relative)"],
    ]
    return _table(rows)


def designs(self: Any) -> str:
    """Of `Designs`, which ask for it when they are looked at."""
    free = any(one.parameters for one in self)
    exponent = any(one.alpha is not None for one in self)
    head = ["activation", *(["parameters"] if free else []), *(["&alpha;"] if exponent else [])]
    rows = []
    for one in self:
        values = "<br>".join(f"<i>{escape(name)}</i> = {_number(value)}" for name, value in one.parameters.items())
        row = [f'<code style="background:none;color:inherit">{escape(one.activation.name)}</code>']
        rows.append(row + ([values or "&ndash;"] if free else []) + ([_number(one.alpha)] if exponent else []))
    words = ["proved" if self.proved else "numerical, not proved", "there is no other" if self.complete else "there may be others"]
    return _table(rows, head) + f'<div style="opacity:0.65">{"; ".join(words)}</div>'


def _pair(self: NetworkValue) -> str:
    return _table([["&rho;", escape(self.rho)], ["NNGP", _number(self.nngp)], ["NTK", _number(self.ntk)]])


Activation._repr_latex_ = _latex  # type: ignore[attr-defined]
Classification._repr_html_ = _classification  # type: ignore[attr-defined]
LimitTable._repr_html_ = _limits  # type: ignore[attr-defined]
NetworkValue._repr_html_ = _pair  # type: ignore[attr-defined]
Number._repr_html_ = _number  # type: ignore[attr-defined]
Kernel._repr_html_ = _kernel  # type: ignore[attr-defined]
