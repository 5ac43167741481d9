"""The filter bar that every page shares, kept in the address so that a link reproduces the page."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Literal

import polars as pl
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboards import queries
from dashboards.release import Release
from dashboards.views.frame import pick
from dashboards.words import LANGUAGES, Words, words

ROAD_USERS = ("pedestrian", "cyclist", "scooter", "motorcycle", "car", "van", "bus", "truck", "tram")
MOTOR_VEHICLES = ("motorcycle", "car", "van", "bus", "truck", "tram")
GROUPS = {"on_foot": ("pedestrian",), "on_wheels": ("cyclist", "scooter"), "motor": MOTOR_VEHICLES}
PERIODS = {"last_7_days": 7, "last_28_days": 28, "last_12_months": 365, "everything": None, "own_dates": None}
DIRECTIONS = ("both", "forward", "backward")
DAY_TYPES = {"all_days": (1, 2, 3, 4, 5, 6, 7), "workdays": (1, 2, 3, 4, 5), "weekends": (6, 7)}
INTERVALS = ("quarter", "hour", "day", "week")
UNITS = ("crossings", "per_observed_hour")

# What is chosen by labels that have a text in every language.
CHOICES = ("who", "period", "direction", "day_type", "interval", "unit", "with", "layer", "measure")

Interval = Literal["quarter", "hour", "day", "week"]

ALL_HOURS = tuple(range(24))
_HOUR = re.compile(r"([1-7])_(1?\d|2[0-3])")
_KEPT_HOUR = "hour_of_week"


@dataclass(frozen=True)
class Selection:
    """What a page shows.

    Attributes:
        weekdays: 1 Monday to 7 Sunday.
        hours: of the day, local time; all of them, or the one hour of the week that was clicked.
        directions: forward, backward or both.
        interval: what the series counts over.
        is_rate: per observed hour instead of crossings.
        overlapping_views: cameras of the site that see some of the same ground, whose lines are never
            added up; None where there are none.
    """

    words: Words
    site_id: str
    site_name: str
    is_simulated: bool
    first_day: date
    last_day: date
    road_users: tuple[str, ...]
    directions: tuple[str, ...]
    weekdays: tuple[int, ...]
    interval: Interval
    is_rate: bool
    overlapping_views: str | None = None
    hours: tuple[int, ...] = ALL_HOURS

    @property
    def days(self) -> int:
        """Length of the period."""
        return (self.last_day - self.first_day).days + 1

    @property
    def is_one_hour(self) -> bool:
        """Whether it holds one hour of the week only."""
        return len(self.hours) == 1

    def since(self, days: int) -> Selection:
        """The same selection, of its last days only."""
        return replace(self, first_day=max(self.first_day, self.last_day - timedelta(days=days - 1)))

    def moved(self, days: int) -> Selection:
        """The same selection, so many days earlier."""
        back = timedelta(days=days)
        return replace(self, first_day=self.first_day - back, last_day=self.last_day - back)


def language() -> Words:
    """The language switch."""
    say = words("en")
    place = st.container(horizontal=True, horizontal_alignment="right", key="language")
    chosen = place.segmented_control(
        say("language"),
        list(LANGUAGES),
        format_func=LANGUAGES.__getitem__,
        default="en",
        required=True,
        key="lang",
        bind="query-params",
        on_change=_keep_choices,
        label_visibility="collapsed",
    )
    return words(chosen or "en")


def _keep_choices() -> None:
    """Says every choice anew, because Streamlit knows them by labels, which have just changed language."""
    for name in CHOICES:
        if name in st.session_state:
            st.session_state[name] = st.session_state[name]


def choose(release: Release, say: Words, *, has_series: bool = False) -> Selection:
    """Shows the filter bar and returns what is chosen; ends the page where nothing is released.

    Args:
        release: what is there to choose from.
        say: the reader's language.
        has_series: whether the page shows a series, whose interval and unit can be chosen.
    """
    if release.is_empty:
        st.info(say("nothing_observed"), icon=":material/hourglass_empty:")
        st.stop()
    sites = queries.sites(release)
    with st.container(border=True, key="filters"):
        where, when, who, more = st.columns([2.2, 2, 4.6, 1.2], vertical_alignment="bottom")
        site = _site(where, sites.rows(named=True), say)
        first_day, last_day = _period(when, release.days(site["site_id"]), say)
        chosen = _road_users(who, queries.road_users(release, site["site_id"])["road_user"].to_list(), say)
        with more.popover(say("more_filters"), icon=":material/tune:", width="stretch"):
            directions, weekdays, interval, is_rate = _finer(say, has_series, (last_day - first_day).days + 1)
        hours = ALL_HOURS
        if (chosen_hour_of_week := chosen_hour()) is not None:
            weekdays, hours = (chosen_hour_of_week[0],), (chosen_hour_of_week[1],)
            _offer_all_hours(chosen_hour_of_week, say)
            interval = "quarter" if interval == "quarter" else "hour"
    if site["is_simulated"]:
        st.markdown(f":orange-badge[:material/science: {say('simulated')}] {say('simulated_long')}")
    if not chosen:
        st.info(say("choose_road_user"), icon=":material/info:")
        st.stop()
    return Selection(
        say, site["site_id"], site["name"], site["is_simulated"], first_day, last_day, tuple(chosen), directions,
        weekdays, interval, is_rate, site["overlapping_views"], hours,
    )  # fmt: skip


def chosen_hour() -> tuple[int, int] | None:
    """The hour of the week that pages are filtered by: weekday (1 Monday to 7 Sunday) and hour of day.

    It stands in the address and is kept from page to page.
    """
    told = st.query_params.get("hour", st.session_state.get(_KEPT_HOUR, ""))
    match = _HOUR.fullmatch(told)
    if match is None:
        return None
    st.session_state[_KEPT_HOUR] = st.query_params["hour"] = told
    return int(match[1]), int(match[2])


def hour_text(weekday: int, hour: int, say: Words) -> str:
    """An hour of the week as people write it."""
    return say("hour_heading", weekday=say.weekdays[weekday - 1], start=f"{hour:02d}", end=f"{hour + 1:02d}")


def _offer_all_hours(hour_of_week: tuple[int, int], say: Words) -> None:
    """The chip that says which hour is shown and gives back all of them."""
    st.button(
        say("only_hour", hour=hour_text(*hour_of_week, say)),
        key="forget_hour",
        icon=":material/close:",
        on_click=_keep_hour,
        help=say("only_hour_help"),
    )


def _keep_hour(told: str | None = None) -> None:
    """Filters every page by an hour of the week, as ``<weekday>_<hour>``; by none where none is given."""
    st.session_state.pop(_KEPT_HOUR, None)
    st.query_params.pop("hour", None)
    if told:
        st.query_params["hour"] = told


def _pick_hour(say: Words) -> None:
    """The hour of the week by keyboard."""
    chosen = chosen_hour()
    hours = {f"{weekday}_{hour}": hour_text(weekday, hour, say) for weekday in range(1, 8) for hour in ALL_HOURS}
    pick(
        hours,
        f"{chosen[0]}_{chosen[1]}" if chosen else None,
        _keep_hour,
        label=say("hour_of_week"),
        placeholder=say("all_hours"),
        key="picked_hour",
    )


def choose_line(release: Release, selection: Selection) -> dict[str, Any] | None:
    """A counting line of the site, or None where there is none."""
    return choose_place("line", "line_id", queries.lines(release, selection.site_id), selection.words)


def choose_place(name: str, id_column: str, places: pl.DataFrame, say: Words) -> dict[str, Any] | None:
    """One of a site's lines, zones or junctions; None where there is none.

    Args:
        name: what it is, which is its name in links as well.
        id_column: the column that holds its id.
        places: with that column and ``name``.
        say: the reader's language.
    """
    by_id = {str(place[id_column]): place for place in places.rows(named=True)}
    if not by_id:
        return None
    if st.session_state.get(name) not in (None, *by_id):
        del st.session_state[name]  # of another site
    first = next(iter(by_id))
    picked = st.pills(
        say(name),
        list(by_id),
        default=first,
        required=True,
        format_func=lambda place_id: str(by_id[place_id]["name"]),
        key=name,
        bind="query-params",
    )
    return by_id[picked or first]


def _site(column: DeltaGenerator, sites: list[dict[str, Any]], say: Words) -> dict[str, Any]:
    names = {str(site["site_id"]): site for site in sites}
    site_id = column.selectbox(
        say("site"), list(names), format_func=lambda i: str(names[i]["name"]), key="site", bind="query-params"
    )
    return names[str(site_id)]


def _period(column: DeltaGenerator, days: tuple[date, date], say: Words) -> tuple[date, date]:
    """A period that ends with the last released day, or one's own."""
    first, last = days
    offered = [name for name, length in PERIODS.items() if length is None or (last - first).days + 1 > length]
    period = column.selectbox(
        say("period"),
        offered,
        index=offered.index("last_28_days") if "last_28_days" in offered else 0,
        format_func=lambda name: say(f"period_{name}"),
        key="period",
        bind="query-params",
    )
    if period == "own_dates":
        picked = column.date_input(
            say("dates"),
            (max(first, last - timedelta(days=27)), last),
            min_value=first,
            max_value=last,
            key="dates",
            bind="query-params",
            format="YYYY-MM-DD",
            label_visibility="collapsed",
        )
        chosen = [day for day in (picked if isinstance(picked, tuple) else (picked,)) if day is not None]
        return (chosen[0], chosen[-1]) if chosen else (first, last)
    length = PERIODS[period]
    return (max(first, last - timedelta(days=length - 1)) if length else first), last


def _road_users(column: DeltaGenerator, known: list[str], say: Words) -> list[str]:
    offered = [road_user for road_user in ROAD_USERS if road_user in known]
    chosen: list[str] = column.pills(
        say("road_users"),
        offered,
        selection_mode="multi",
        default=offered,
        format_func=say.road_user,
        key="who",
        bind="query-params",
        wrap=True,
    )
    return chosen


def _finer(say: Words, has_series: bool, days: int) -> tuple[tuple[str, ...], tuple[int, ...], Interval, bool]:
    direction = switch("direction", DIRECTIONS, say)
    day_type = switch("day_type", tuple(DAY_TYPES), say)
    _pick_hour(say)
    interval: Interval = "quarter" if days <= 2 else "hour" if days <= 10 else "day"
    is_rate = False
    if has_series:
        # A chart is read up to some thousand marks; finer intervals are offered for shorter periods.
        offered = [name for name, longest in zip(INTERVALS, (16, 62, 800, 10_000), strict=True) if days <= longest]
        interval = switch("interval", ("automatic", *offered), say)  # type: ignore[assignment]
        if interval not in INTERVALS:
            interval = "quarter" if days <= 2 else "hour" if days <= 10 else "day"
        is_rate = switch("unit", UNITS, say) == "per_observed_hour"
    directions = ("forward", "backward") if direction == "both" else (direction,)
    return directions, DAY_TYPES[day_type], interval, is_rate


def switch(name: str, options: tuple[str, ...], say: Words) -> str:
    """One of a few options, the first unless chosen; its texts are those that begin with its name."""
    chosen = st.segmented_control(
        say(name),
        list(options),
        default=options[0],
        required=True,
        format_func=lambda option: say(f"{name}_{option}"),
        key=name,
        bind="query-params",
        wrap=True,
    )
    return chosen or options[0]
