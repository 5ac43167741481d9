"""From which gate to which: arrows to scale, a matrix and a flow diagram."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
import polars as pl
from numpy.typing import NDArray

from dashboards.design import INK, lay_out
from dashboards.figures.arrows import Floats, draw_arrow, unit_of
from dashboards.figures.plan import extent_of, middle_of, plan_of
from dashboards.words import Words

# One colour per gate entered by, told apart by any eye; the gate's name stands beside it.
GATE_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#5b4b8a", "#8c510a")
_WIDEST, _THINNEST = 1.5, 0.12  # of an arrow, in the unit of the drawing
_U_TURN_M = 6.0
_LEAST_TURN = 0.3  # sine of the angle below which a way is straight on
_NO_CELLS = pl.DataFrame({"cell_x": [], "cell_y": []})


def turning_diagram(plan: list[dict[str, Any]], gates: pl.DataFrame, rows: pl.DataFrame, say: Words) -> go.Figure:
    """Every movement as an arrow from gate to gate over the plan, as wide as its count.

    Args:
        plan: surfaces with kind, name and outline_m.
        gates: line_id, name, path_m; of one junction.
        rows: entry_line_id, exit_line_id, count; rows without both gates are not drawn.
        say: the reader's language.
    """
    return desire_lines(plan, [(gates, rows)], say)


def desire_lines(
    plan: list[dict[str, Any]], junctions: list[tuple[pl.DataFrame, pl.DataFrame]], say: Words
) -> go.Figure:
    """The movements of several junctions over the plan, all to one scale.

    Args:
        plan: surfaces with kind, name and outline_m.
        junctions: gates and rows of each, as for `turning_diagram`.
        say: the reader's language.
    """
    every = pl.concat([gates for gates, _ in junctions])
    extent = extent_of(_NO_CELLS, every)
    figure = plan_of(plan, extent, say)
    assigned = [rows.drop_nulls(["entry_line_id", "exit_line_id"]).sort("count") for _, rows in junctions]
    widest, unit = float(pl.concat(assigned)["count"].max() or 1), unit_of(extent)  # type: ignore[arg-type]
    for (gates, _), rows in zip(junctions, assigned, strict=True):
        widths = rows.with_columns(width=unit * (_WIDEST * pl.col("count") / widest).clip(lower_bound=_THINNEST))
        _add_movements(figure, gates, widths, unit, say)
    return figure


def _add_movements(figure: go.Figure, gates: pl.DataFrame, rows: pl.DataFrame, unit: float, say: Words) -> None:
    """Draws movements from gate to gate; rows carry their ``width`` in metres."""
    places = {row["line_id"]: middle_of(row["path_m"]) for row in gates.iter_rows(named=True)}
    names = dict(gates.select("line_id", "name").iter_rows())
    colours = _colours(list(names))
    centre = np.mean(list(places.values()), axis=0)
    inward = {row["line_id"]: _inward(row["path_m"], centre) for row in gates.iter_rows(named=True)}
    for entry, leave, count, width in rows.select("entry_line_id", "exit_line_id", "count", "width").iter_rows():
        way = _bend(places[entry], places[leave], inward[entry], inward[leave])
        told = f"<b>{names[entry]} → {names[leave]}</b><br>{say.number(count)}"
        draw_arrow(figure, way, colours[entry], width, unit, told)
    for gate in gates.iter_rows(named=True):
        _add_gate(figure, gate, places[gate["line_id"]] - 2.5 * inward[gate["line_id"]], colours[gate["line_id"]])


def _add_gate(figure: go.Figure, gate: dict[str, Any], label: Floats, colour: str) -> None:
    x, y = np.array(gate["path_m"], float).T
    figure.add_trace(go.Scatter(x=x, y=y, mode="lines", line={"color": INK, "width": 4}, hoverinfo="skip"))
    figure.add_annotation(
        x=label[0],
        y=label[1],
        text=f"<b>{gate['name']}</b>",
        showarrow=False,
        font={"color": "white", "size": 12},
        bgcolor=colour,
        borderpad=3,
    )


def _colours(gates: list[str]) -> dict[str, str]:
    return {gate: GATE_COLOURS[i % len(GATE_COLOURS)] for i, gate in enumerate(gates)}


def _bend(start: Floats, end: Floats, into: Floats, out_of: Floats) -> NDArray[np.float64]:
    """A quadratic curve (n, 2) from gate to gate, square to both where their ways meet, kept to the right.

    Args:
        start: middle of the gate entered by.
        end: middle of the gate left by.
        into: unit vector square to the first gate, into the junction.
        out_of: the same at the second gate, into the junction as well.
    """
    span = max(float(np.hypot(*(end - start))), 1e-6)
    is_u_turn = span < 1e-3
    along = into if is_u_turn else (end - start) / span
    right = np.array([along[1], -along[0]])
    start, end = start + 0.9 * right, end + (-0.9 if is_u_turn else 0.9) * right
    ways = np.column_stack([into, -out_of])
    if is_u_turn:
        corner = start + _U_TURN_M * into
    elif abs(float(np.linalg.det(ways))) < _LEAST_TURN:
        corner = (start + end) / 2
    else:
        corner = start + max(float(np.linalg.solve(ways, end - start)[0]), 0.0) * into
    t = np.linspace(0, 1, 60)[:, None]
    return np.asarray((1 - t) ** 2 * start + 2 * t * (1 - t) * corner + t**2 * end)


def _inward(path_m: list[list[float]], centre: Floats) -> Floats:
    """Unit vector square to a gate, towards the middle of all gates."""
    along = np.subtract(path_m[-1], path_m[0])
    square = np.array([along[1], -along[0]]) / max(float(np.hypot(*along)), 1e-6)
    return np.asarray(square if square @ (centre - middle_of(path_m)) > 0 else -square)


def matrix(gates: pl.DataFrame, pairs: pl.DataFrame, say: Words) -> go.Figure:
    """Origin by destination, with those whose gate was not seen in a row and a column of their own.

    Args:
        gates: line_id, name.
        pairs: entry_line_id, exit_line_id (NULL: not seen), count (NULL: not observed), observed_h.
        say: the reader's language.
    """
    names = {**dict(gates.select("line_id", "name").iter_rows()), None: say("unassigned")}
    labels = [*names.values()]
    places = {gate: number for number, gate in enumerate(names)}
    values = np.full((len(labels), len(labels)), np.nan)
    for entry, leave, count in pairs.select("entry_line_id", "exit_line_id", "count").iter_rows():
        values[places[entry], places[leave]] = np.nan if count is None else count
    figure = go.Figure(
        go.Heatmap(
            z=values,
            x=labels,
            y=labels,
            text=[[say.number(v) if v == v else "" for v in row] for row in values.tolist()],
            texttemplate="%{text}",
            colorscale="Blues",
            zmin=0,
            showscale=False,
            xgap=2,
            ygap=2,
            hoverongaps=False,
            hovertemplate=f"{say('from_gate')} %{{y}}<br>{say('to_gate')} %{{x}}<br>%{{z}}<extra></extra>",
        )
    )
    for entry, leave in pairs.filter(pl.col("count").is_null()).select("entry_line_id", "exit_line_id").iter_rows():
        figure.add_annotation(x=names[leave], y=names[entry], text=say("not_observed_short"), showarrow=False)
    return lay_out(
        figure,
        say,
        height=110 + 44 * len(labels),
        xaxis={"title": {"text": say("to_gate")}, "side": "top", "type": "category", "showgrid": False},
        yaxis={"title": {"text": say("from_gate")}, "autorange": "reversed", "type": "category", "showgrid": False},
    )


def flows(gates: pl.DataFrame, rows: pl.DataFrame, say: Words) -> go.Figure:
    """Entries to the left, exits to the right, bands as wide as counts.

    Args:
        gates: line_id, name.
        rows: entry_line_id, exit_line_id (NULL: not seen), count.
        say: the reader's language.
    """
    names = {**dict(gates.select("line_id", "name").iter_rows()), None: say("unassigned")}
    order, colours = list(names), _colours([g for g in names if g])
    tints = [colours.get(gate, "#9aa5af") for gate in order]
    figure = go.Figure(
        go.Sankey(
            node={"label": [names[g] for g in order] * 2, "color": tints * 2, "thickness": 14, "pad": 14},
            link={
                "source": [order.index(e) for e in rows["entry_line_id"]],
                "target": [len(order) + order.index(e) for e in rows["exit_line_id"]],
                "value": rows["count"].to_list(),
                "color": [_faded(colours.get(e, "#9aa5af")) for e in rows["entry_line_id"]],
            },
        )
    )
    return lay_out(figure, say, height=340)


def _faded(colour: str) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.4)"
