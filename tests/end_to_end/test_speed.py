"""Dresden in metres, through the exception its five control points need: nothing there is a speed."""

import bz2
import json
from datetime import date

import polars as pl
import pytest

from detectors.recorded import RecordedDetector
from pipelines.privacy.release import PER_DAY
from pipelines.settings import Settings
from pipelines.stages.site_day import SiteDay
from pipelines.warehouse.connection import Warehouse
from tests import builders
from tests.footage import SHARED, clips

pytestmark = [
    pytest.mark.slow,
    pytest.mark.oracle,
    pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared"),
]
SITE, DAY = "dresden_metres", date(2020, 2, 20)
CLASSES = {"bicyclist": "cyclist", "private_van": "van", "delivery_van": "van"}
EXCEPTION = "the camera is calibrated by a recorded exception"


def saved_boxes(path):
    """Boxes of an .otdet file; its frames count from 1 and x, y are the upper left corner."""
    frames = json.loads(bz2.decompress(path.read_bytes()))["data"]
    rows = [(int(number) - 1, box) for number, frame in frames.items() for box in frame["detections"]]
    return pl.DataFrame(
        [
            {
                "frame": number,
                "road_user": CLASSES.get(box["class"], box["class"]),
                "confidence": box["confidence"],
                "left_px": box["x"],
                "top_px": box["y"],
                "right_px": box["x"] + box["w"],
                "bottom_px": box["y"] + box["h"],
            }
            for number, box in rows
        ]
    )


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """The first clip, from saved boxes to released rows, by table."""
    settings = Settings(tmp_path_factory.mktemp("dresden") / "data")
    clip = next(c for c in clips() if c.name == "dresden_metres_00")
    builders.write_site(settings.sites / SITE, clip.documents)
    recordings = settings.recordings / f"{SITE}_camera"
    recordings.mkdir(parents=True)
    (recordings / clip.video.name).symlink_to(clip.video)
    boxes = saved_boxes(next(clip.video.parent.glob("*13-11-00.otdet")))
    builders.run_day(SiteDay.of(SITE, DAY, settings), lambda: RecordedDetector(boxes))
    with Warehouse(settings.warehouse).read() as session:
        yield {name: session.frame(f"select_{name}", site_id=SITE, days=[DAY]) for name in PER_DAY}


def test_crossings_are_counted_and_no_speed_is_shown(released):
    speeds = released["speeds"]
    assert speeds["n"].sum() > 0
    assert set(speeds["is_measurable"]) == {False}
    assert set(speeds["reason"]) == {EXCEPTION}
    numbers = ["time_mean_m_s", "space_mean_m_s", "v85_m_s", "v85_lo95_m_s", "v85_hi95_m_s"]
    assert speeds.select(pl.col(numbers).is_null().all()).row(0) == (True,) * len(numbers)
    assert released["speed_histogram"].is_empty()
    assert speeds["calibration_note"].str.contains("5 control points").all()


def test_neither_queues_nor_conflicts_are_measured(released):
    for name in ("queues", "conflicts"):
        assert set(released[name]["reason"]) <= {EXCEPTION}
        assert not released[name]["is_measurable"].any()
    assert released["conflicts"]["conflicts"].null_count() == released["conflicts"].height
