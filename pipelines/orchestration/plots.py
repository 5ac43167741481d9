"""Counts of a day as a Markdown table and a picture, for the page of an asset."""

import base64
import io
from collections.abc import Sequence

import dagster as dg

from pipelines.stages.line_counts import LineCounts


def counts_of_day(lines: Sequence[LineCounts]) -> dict[str, dg.MetadataValue]:
    """The table and the picture; nothing where no line has counted."""
    if not lines:
        return {}
    return {"counts": dg.MetadataValue.md(_table(lines)), "counts_per_quarter_hour": dg.MetadataValue.md(_plot(lines))}


def _table(lines: Sequence[LineCounts]) -> str:
    head = "| line | counted | observed | per quarter-hour |\n|---|---:|---:|---|"
    rows = [f"| {line.name} | {line.total} | {line.observed_h:.2f} h | {_bars(line.counts)} |" for line in lines]
    return "\n".join([head, *rows])


def _bars(counts: Sequence[int | None]) -> str:
    """A row of small bars; a dot where nobody watched."""
    most = max((count for count in counts if count is not None), default=0) or 1
    return "".join("·" if count is None else "▁▂▃▄▅▆▇█"[round(7 * count / most)] for count in counts)


def _plot(lines: Sequence[LineCounts]) -> str:
    """A PNG within Markdown: one stepped curve per line, broken where nobody watched."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.2), layout="constrained")
    axes = figure.subplots()
    for line in lines:
        values = [float("nan") if count is None else count for count in line.counts]
        axes.step(line.hours, values, where="post", marker=".", label=line.name)
    axes.set(
        xlabel="hours since local midnight", ylabel="counted per 15 min", xlim=(0, max(24.0, lines[0].hours[-1] + 0.25))
    )
    axes.set_xticks(range(0, 25, 3))
    axes.set_ylim(bottom=0)
    axes.legend(loc="upper left", fontsize="small", frameon=False)
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=110)
    return f"![Counts per quarter-hour](data:image/png;base64,{base64.b64encode(picture.getvalue()).decode()})"
