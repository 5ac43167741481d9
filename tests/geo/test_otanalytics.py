import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from detectors.foreign_boxes import join
from detectors.interchange import to_tracks, track_boxes
from detectors.opentrafficcam import read_otdet, read_ottrk
from geo import otanalytics
from geo.crossings import image_crossings
from geo.otanalytics import FlowFileError, assign_flows, count_flows, read_flows, section_events
from geo.site import CountingLine

DRESDEN = Path("../shared/oracles/dresden_junction")
oracle = [
    pytest.mark.oracle,
    pytest.mark.skipif(not DRESDEN.is_dir(), reason=f"{DRESDEN} is absent: OTAnalytics' own counts cannot be compared"),
]


def dresden(read, ending):
    return join([read(p) for p in sorted(DRESDEN.glob(f"*.{ending}"))])


def flow_file():
    return read_flows((DRESDEN / "four_sections_all_flows.otflow").read_text(encoding="utf-8"))


def posix(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


class TestOnDresden:
    pytestmark = oracle

    def test_the_eight_flows_are_those_of_otanalytics(self):
        expected = pl.read_csv(DRESDEN / "expected_road_user_assignments.csv", infer_schema=False).sort(
            "start_occurrence"
        )
        found = assign_flows(dresden(read_ottrk, "ottrk").boxes, *flow_file())
        assert found.height == 8
        ids = [f"{run}#{track}" for run, track in found.select("run", "track").iter_rows()]
        assert ids == expected["road_user_id"].to_list()
        assert found["flow_id"].to_list() == expected["flow_id"].to_list()
        assert found["label"].to_list() == expected["road_user_type"].to_list()
        for ours, theirs in (
            ("start_s", "start_occurrence"),
            ("end_s", "end_occurrence"),
            ("start_interpolated_s", "start_interpolated_occurrence"),
            ("end_interpolated_s", "end_interpolated_occurrence"),
        ):
            assert found[ours].to_list() == pytest.approx([posix(t) for t in expected[theirs]], abs=2e-6)

    def test_flows_do_not_depend_on_how_many_boxes_are_looked_at_at_once(self, monkeypatch):
        found = assign_flows(dresden(read_ottrk, "ottrk").boxes, *flow_file())
        monkeypatch.setattr(otanalytics, "_BOXES_AT_ONCE", 500)
        assert assign_flows(dresden(read_ottrk, "ottrk").boxes, *flow_file()).equals(found)

    def test_bins_and_classes_are_those_of_otanalytics(self):
        expected = pl.read_csv(DRESDEN / "expected_counts_1min.csv")
        sections, flows = flow_file()
        foreign = dresden(read_ottrk, "ottrk")
        times = foreign.boxes["time_s"]
        counted = count_flows(
            assign_flows(foreign.boxes, sections, flows),
            flows,
            foreign.classes,
            interval_s=60,
            span_s=(times.min(), times.max()),
        )
        names = {f.flow_id: f.name for f in flows}
        ours = {(s, label, names[flow]): n for s, label, flow, n in counted.iter_rows()}
        columns = expected.select("start time", "classification", "flow", "count").iter_rows()
        assert ours == {(posix(start), label, flow): n for start, label, flow, n in columns}
        assert counted["count"].sum() == 8

    def test_events_are_those_of_otanalytics(self):
        expected = pl.read_csv(DRESDEN / "expected_events.csv").filter(pl.col("event_type") == "section-enter")
        found = section_events(dresden(read_ottrk, "ottrk").boxes, flow_file()[0])
        ours = sorted((f"{r}#{t}", s, i, x, y) for r, t, s, _, i, x, y in found.iter_rows())
        place = "interpolated_coordinate_px_x", "interpolated_coordinate_px_y"
        columns = expected.select("road_user_id", "section_id", "interpolated_occurrence", *place).iter_rows()
        theirs = sorted((r, str(s), posix(at), x, y) for r, s, at, x, y in columns)
        assert [e[:2] for e in ours] == [e[:2] for e in theirs]
        assert [e[2] for e in ours] == pytest.approx([e[2] for e in theirs], abs=6e-4)
        # Written in milliseconds and with one decimal.
        assert [e[3:] for e in ours] == [pytest.approx(e[3:], abs=0.051) for e in theirs]

    @pytest.mark.parametrize(("read", "ending"), [(read_ottrk, "ottrk"), (read_otdet, "otdet")])
    def test_our_own_rule_counts_the_manual_passages_on_their_boxes(self, read, ending):
        truth = json.loads((DRESDEN / "truth.json").read_text(encoding="utf-8"))
        lines = [
            CountingLine(name, name, "c", "image", tuple(map(tuple, ends)), "f", "b", anchor=(0.5, 0.5))
            for name, ends in truth["lines_px"].items()
        ]
        follow = to_tracks if ending == "ottrk" else track_boxes
        crossed = image_crossings(follow(dresden(read, ending), recording_id="d"), lines)
        vehicles = crossed.filter(pl.col("road_user") != "pedestrian")
        # By hand West 9, East 8, North 1, of complete flows. The clip ends before the last car's centre
        # has reached East, and after one more car has come in by West.
        assert dict(vehicles["line_id"].value_counts().iter_rows()) == {"West": 10, "East": 7, "North": 1}


def boxes(*points, track=1, label="car", confidence=1.0):
    rows = [
        {"run": "r", "track": track, "time_s": float(t), "label": label, "confidence": confidence,
         "left_px": x - 1.0, "top_px": y - 1.0, "right_px": x + 1.0, "bottom_px": y + 1.0}
        for t, (x, y) in enumerate(points)
    ]  # fmt: skip
    return pl.DataFrame(rows)


def sections(**paths):
    return {
        "sections": [
            {
                "id": name,
                "name": name,
                "type": "line",
                "relative_offset_coordinates": {"section-enter": {"x": 0.5, "y": 0.5}},
                "coordinates": [{"x": x, "y": y} for x, y in path],
            }
            for name, path in paths.items()
        ],
        "flows": [{"id": f"{a}-{b}", "name": f"{a} to {b}", "start": a, "end": b} for a in paths for b in paths],
    }


GATES = read_flows(json.dumps(sections(a=[(5, 0), (5, 10)], b=[(15, 0), (15, 10)])))


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ([(0, 5), (10, 5), (20, 5)], ["a-b"]),
        ([(20, 5), (10, 5), (0, 5)], ["b-a"]),
        ([(0, 5), (10, 5), (0, 5)], ["a-a"]),
        ([(0, 5), (10, 5), (20, 5), (10, 5), (0, 5)], ["a-a"]),
        ([(0, 5), (10, 5)], []),
        ([(0, 10), (10, 10), (20, 10)], ["a-b"]),
        ([(5, 0), (5, 9), (20, 9)], ["a-b"]),
    ],
    ids=["through", "back", "in and out", "the longest pair wins", "one section", "ends belong", "parallel is ignored"],
)
def test_flows_follow_the_rules(points, expected):
    assert assign_flows(boxes(*points), *GATES)["flow_id"].to_list() == expected


def test_the_class_is_that_of_the_largest_sum():
    one = boxes((0, 5), (10, 5), (20, 5))
    mixed = one.with_columns(label=pl.Series(["car", "van", "van"]), confidence=pl.Series([0.9, 0.4, 0.4]))
    assert assign_flows(mixed, *GATES)["label"].to_list() == ["car"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "otflow"),
        ("{}", "sections"),
        (json.dumps({**sections(a=[(0, 0), (1, 1)]), "flows": [{}]}), "id"),
        (json.dumps({"sections": [{"type": "area", "name": "Square"}], "flows": []}), "Square: is an area"),
    ],
    ids=["no JSON", "no sections", "flow without an id", "area"],
)
def test_malformed_flow_files_are_named(text, message):
    with pytest.raises(FlowFileError, match=message):
        read_flows(text)
