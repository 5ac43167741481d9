"""Map: where road users spend their time, over a plan of the place, with counts at the lines."""

from __future__ import annotations

import polars as pl
import streamlit as st

from dashboards import figures, queries
from dashboards.release import Release
from dashboards.views.selection import Selection, choose
from dashboards.wording import duration


def show(release: Release) -> None:
    """The page."""
    st.title("Map")
    selection = choose(release)
    lines = _with_counts(release, selection)
    _key_figures(release, selection)
    plan, table = st.columns([5, 3])
    with plan:
        _map(release, selection, lines.filter(space="ground"))
    with table:
        _table(lines)
    for note in lines["calibration_note"].drop_nulls().unique():
        st.warning(note)


def _map(release: Release, selection: Selection, lines: pl.DataFrame) -> None:
    cells = queries.occupancy(release, selection.site_id, selection.road_users, selection.first_day, selection.last_day)
    if cells.is_empty() and lines.is_empty():
        st.info("No camera of this site is calibrated: its counts exist, a map does not.")
        return
    who = ", ".join(selection.road_users)
    busiest = max((100 * d for d in cells["density_per_m2"].to_list()), default=0.0)
    st.plotly_chart(
        figures.heatmap_on_plan(release.plan(selection.site_id), cells, lines),
        config=figures.CONFIG,
        theme=None,
        key="map",
        alt=f"Plan of {selection.site_name} with the mean density of {who}; "
        f"at most {busiest:.1f} per 100 square metres. The counts at each line are in the table.",
    )
    st.caption(
        "Colour: mean number of road users per 100 m² in what was observed (Edie density, 1 m cells). "
        "Arrows: crossings counted at each line, by direction. n/o: not observed."
    )


def _with_counts(release: Release, selection: Selection) -> pl.DataFrame:
    """Lines with forward_count and backward_count of the chosen classes; NULL where not observed."""
    totals = queries.totals(release, selection.site_id, selection.first_day, selection.last_day)
    totals = totals.filter(pl.col("road_user").is_in(selection.road_users))
    lines = queries.lines(release, selection.site_id)
    for direction in ("forward", "backward"):
        one = (
            totals.filter(direction=direction)
            .group_by("line_id")
            .agg(pl.col("count").sum().alias(f"{direction}_count"))
        )
        lines = lines.join(one, on="line_id", how="left", maintain_order="left")
    return lines


def _key_figures(release: Release, selection: Selection) -> None:
    quality = queries.quality(release, selection.site_id).filter(
        pl.col("day").is_between(selection.first_day, selection.last_day)
    )
    observed_s, recorded_s = (float(quality[name].sum()) for name in ("observed_s", "recorded_s"))
    errors_m = quality["leave_one_out_rmse_m"].drop_nulls().to_list()
    columns = st.columns(4)
    columns[0].metric("Observed", duration(observed_s), help="Recorded time that could be decoded and was looked at.")
    columns[1].metric(
        "Of the recorded time",
        f"{observed_s / recorded_s:.0%}" if recorded_s else "none",
        help="Gaps lower this share.",
    )
    columns[2].metric(
        "Calibration error",
        f"{max(errors_m):.2f} m" if errors_m else "not calibrated",
        help="Leave-one-out RMSE of the control points: how far a surveyed point lands from its place when it is left "
        "out of the fit.",
    )
    columns[3].metric(
        "Uncertainty", "not validated", help="Counts get 95 % intervals once they have been compared with hand counts."
    )


def _table(lines: pl.DataFrame) -> None:
    st.subheader("Crossings")
    rows = pl.concat(
        lines.select(
            Line=pl.col("name"),
            Direction=pl.col(direction),
            Crossings=pl.col(f"{direction}_count"),
            Drawn=pl.col("space").replace({"ground": "in metres", "image": "in pixels"}),
        )
        for direction in ("forward", "backward")
    ).sort("Line", maintain_order=True)
    st.dataframe(rows, hide_index=True, alt="Crossings by counting line and direction; empty where not observed.")
    st.caption("As counted in the observed time, not scaled up and not validated. Empty: not observed.")
