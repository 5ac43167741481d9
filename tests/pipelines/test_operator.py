import contextlib
import json

import polars as pl
import pytest

from geo.site import SiteError, read_site
from pipelines.audit import AuditLog
from pipelines.inbox import Inbox, InboxError
from pipelines.operator import Broker, NothingToShowError, RecordingError
from pipelines.settings import Settings
from pipelines.sites import read_documents
from tests import builders

SITE = "crossroads"


NEW_SITE = {
    "site_id": "corner_square",
    "name": "Corner",
    "time_zone": "Europe/Berlin",
    "cameras": [{"camera_id": "corner", "file_name_time": "corner_%Y-%m-%d_%H-%M"}],
}


@pytest.fixture
def broker(data):
    return Broker(Settings(data), "ada")


@pytest.fixture
def of_the_day(counted_day, tmp_path):
    """A broker of the counted day whose inbox lies elsewhere, as the day is shared."""

    class Elsewhere(Settings):
        @property
        def inbox(self):
            return tmp_path / "inbox"

    return Broker(Elsewhere(counted_day.settings.data), "ada")


def noted(folder):
    return [json.loads(line) for path in sorted(folder.glob("*.jsonl")) for line in path.read_text().splitlines()]


def calls(broker, documents):
    return {
        "operator_sites": broker.sites,
        "operator_read_site": lambda: broker.read_site(SITE),
        "operator_reference": lambda: broker.reference(SITE, "pole"),
        "operator_tracks": lambda: broker.tracks(SITE, "pole"),
        "operator_save_site": lambda: broker.save_site(SITE, documents, documents),
        "operator_free_cameras": broker.free_cameras,
        "operator_new_site": lambda: broker.new_site(NEW_SITE),
    }


CALLS = list(calls(Broker(Settings(None), ""), {}))


@pytest.mark.parametrize("action", CALLS)
def test_every_call_is_written_down_even_where_it_finds_nothing(broker, action):
    documents = read_documents(broker.settings.sites / SITE)
    with contextlib.suppress(NothingToShowError, RecordingError):
        calls(broker, documents)[action]()
    (line,) = noted(broker.settings.inbox)
    assert (line["action"], line["operator"]) == (action, "ada")
    assert line.get("site", SITE) in (SITE, NEW_SITE["site_id"])


@pytest.mark.parametrize("action", CALLS)
def test_without_an_inbox_nothing_is_opened(broker, action, monkeypatch):
    documents = read_documents(broker.settings.sites / SITE)
    broker.settings.inbox.write_text("a file where the folder should be")
    for opens in ("find_sites", "read_documents", "examine", "probe", "replacing", "replacing_all"):
        monkeypatch.setattr(f"pipelines.operator.{opens}", lambda *_: pytest.fail("opened"))
    with pytest.raises(InboxError, match=r"inbox.*cannot be written.*Make the folder writable"):
        calls(broker, documents)[action]()


def test_the_reference_is_without_people(of_the_day):
    reference = of_the_day.reference(SITE, "pole")
    assert reference.grey.shape == (120, 160)
    # The builder's square of 230 wanders over grey 128, uncovered by boxes only where it is no median.
    assert reference.day == builders.DAY
    assert (reference.grey[:20] == reference.grey[0, 0]).all()


def test_tracks_come_with_what_went_wrong(of_the_day):
    last = of_the_day.tracks(SITE, "pole")
    assert last.space == "ground"
    assert last.flags.height == 2
    assert not last.flags["is_unassigned"].any()
    assert not last.flags["is_fragmented"].any()
    assert set(last.positions.columns) == {"track_id", "road_user", "x", "y"}
    assert last.positions.group_by("track_id").len()["len"].min() >= 8


def test_a_track_that_crosses_nothing_is_unassigned(data):
    day = builders.site_day(Settings(data))
    builders.video(Settings(data).recordings / "pole" / "pole_2026-06-10_08-14-58.mp4")
    walker = builders.walk(range(40), (20, 70), (140, 70))
    lingerer = builders.walk(range(40), (20, 100), (40, 100))
    builders.run_day(day, lambda: builders.recorded(walker, lingerer))
    flags = Broker(Settings(data), "ada").tracks(SITE, "pole").flags
    assert sorted(flags["is_unassigned"].to_list()) == [False, True]


def test_at_a_junction_who_is_seen_at_one_gate_only_is_unassigned(data):
    builders.write_junction_site(data)
    builders.video(Settings(data).recordings / "pole" / "pole_2026-06-10_08-14-58.mp4")
    through = builders.walk(range(40), (20, 70), (140, 70))
    half = builders.walk(range(40), (20, 100), (60, 100))
    beside = builders.walk(range(40), (60, 40), (62, 40))
    builders.run_day(
        builders.site_day(Settings(data)), lambda: builders.recorded(list(through), list(half), list(beside))
    )
    found = Broker(Settings(data), "ada").tracks(SITE, "pole")
    furthest = found.positions.group_by("track_id").agg(went=pl.col("x").max() - pl.col("x").min())
    flags = found.flags.join(furthest, on="track_id").sort("went")
    assert flags["is_unassigned"].to_list() == [False, True, False]


def changed(documents):
    return {**documents, "zones.geojson": builders.collection()}


def test_saving_writes_what_has_changed(broker):
    read = broker.read_site(SITE)
    assert broker.save_site(SITE, changed(read), read) == ["zones.geojson"]
    assert broker.read_site(SITE) == changed(read)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"zones.geojson": "{}"}, r"zones.geojson: not a GeoJSON"),
        ({"control_points.csv": "x_px,y_px\n"}, r"control_points.csv: columns"),
        ({"site.yaml": "site_id: [\n"}, r"site.yaml: not valid YAML"),
        ({"../elsewhere.yaml": "a: 1\n"}, r"elsewhere.yaml: is no file of a site"),
        ({"scenario.yaml": "a: 1\n"}, r"scenario.yaml: is no file of a site"),
    ],
)
def test_what_is_no_valid_site_is_not_saved(broker, change, message):
    read = broker.read_site(SITE)
    with pytest.raises(SiteError, match=message):
        broker.save_site(SITE, {**changed(read), **change}, read)
    assert broker.read_site(SITE) == read


def test_another_persons_change_is_not_overwritten(broker):
    read = broker.read_site(SITE)
    path = broker.settings.sites / SITE / "zones.geojson"
    path.write_text(read["zones.geojson"].replace("Square", "Market"))
    with pytest.raises(SiteError, match="has changed since it was read"):
        broker.save_site(SITE, changed(read), read)
    assert "Market" in path.read_text()


# A new site.


@pytest.fixture
def with_recording(broker):
    """A broker with a recording of a camera that no site has."""
    builders.video(broker.settings.recordings / "corner" / "corner_09.mp4")
    builders.video(broker.settings.recordings / "pole" / "pole_2026-06-10_08-14-58.mp4")
    (broker.settings.recordings / "empty").mkdir()
    return broker


def test_a_new_site_takes_its_camera_from_a_recording(with_recording):
    assert with_recording.free_cameras() == {"corner": "corner_09.mp4"}
    with_recording.new_site(NEW_SITE)
    site = read_site(with_recording.read_site("corner_square"), "corner_square")
    assert (site.name, site.time_zone.key, site.camera("corner").size_px) == ("Corner", "Europe/Berlin", (160, 120))
    assert with_recording.free_cameras() == {}


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"site_id": SITE}, SiteError, "'crossroads' is taken"),
        ({"site_id": "../corner"}, SiteError, "site_id: .*lower-case letters, digits and _"),
        ({"time_zone": "Mars/Base"}, SiteError, "time_zone: .*not an IANA time zone such as Europe/Berlin"),
        ({"crs": "EPSG:nowhere", "origin": [13, 51]}, SiteError, "crs: .*not a coordinate reference system"),
        ({"crs": "EPSG:4326", "origin": [13, 51]}, SiteError, "crs: .*not a projected CRS in metres"),
        ({"cameras": [{"camera_id": "pole"}]}, SiteError, "'pole' belongs to the site 'crossroads'"),
        ({"cameras": [{"camera_id": "empty"}]}, RecordingError, "no recording in a folder 'empty'"),
        ({"cameras": [{"camera_id": "../recordings/corner"}]}, RecordingError, "no recording in a folder"),
    ],
)
def test_what_is_no_new_site_leaves_nothing_behind(with_recording, change, error, message):
    before = sorted(with_recording.settings.data.rglob("*"))
    with pytest.raises(error, match=message):
        with_recording.new_site({**NEW_SITE, **change})
    inbox = with_recording.settings.inbox
    assert [p for p in sorted(with_recording.settings.data.rglob("*")) if inbox not in (p, p.parent)] == before


def test_a_reference_of_what_was_not_tracked_leaves_out_what_is_detected(with_recording, monkeypatch):
    """A place that a box always covers is not known, and nowhere else is lost."""
    sitter = builders.recorded(builders.walk(range(40), (80, 90), (80, 90)))
    monkeypatch.setattr("pipelines.operator.track.make_detector", lambda *_: sitter)
    grey = with_recording.reference(SITE, "pole").grey
    assert grey.shape == (120, 160)
    assert (grey[75:90, 78:83] == 0).all()
    assert (grey[:, :60] > 0).all()


def test_without_a_detector_an_untracked_recording_is_not_shown(with_recording):
    with pytest.raises(NothingToShowError, match="no detector can leave people out.*detector.weights"):
        with_recording.reference(SITE, "pole")


# The inbox.


@pytest.fixture
def log(tmp_path):
    return AuditLog(tmp_path / "log.jsonl")


@pytest.fixture
def inbox(tmp_path):
    return Inbox(tmp_path / "inbox")


def actions(log):
    return [entry["action"] for entry in log.entries()]


def test_folding_logs_every_line_once(inbox, log):
    for action in ("a", "b", "c"):
        inbox.append(action, "ada", site=SITE)
    assert inbox.fold(log) == 3
    assert inbox.fold(log) == 0
    assert actions(log) == ["a", "b", "c"]
    assert log.verify() == 3
    assert not [*inbox.folder.iterdir()]


def test_a_fold_that_broke_off_is_finished(inbox, log, monkeypatch):
    inbox.append("a", "ada")
    inbox.append("b", "ada")
    append = AuditLog.append

    def breaks(self, action, **fields):
        if action == "b":
            raise OSError("disk full")
        append(self, action, **fields)

    monkeypatch.setattr(AuditLog, "append", breaks)
    with pytest.raises(OSError, match="disk full"):
        inbox.fold(log)
    monkeypatch.undo()
    inbox.append("c", "ada")
    inbox.fold(log)
    assert sorted(actions(log)) == ["a", "b", "c"]


@pytest.mark.parametrize("text", ['{"action": "a"', "[]", '{"inbox_id": "1", "action": "a", "number": 9}'])
def test_a_line_that_cannot_be_read_is_logged_as_it_is(inbox, log, text):
    inbox.append("a", "ada")
    (path,) = inbox.folder.iterdir()
    with path.open("a") as file:
        file.write(text)
    assert inbox.fold(log) == 2
    assert actions(log) == ["a", "inbox_unreadable"]
    assert [*log.entries()][1]["text"] == text
    log.verify()


def test_a_days_run_folds_first(data):
    settings = Settings(data)
    Inbox(settings.inbox).append("operator_sites", "ada")
    builders.site_day(settings).ingest()
    assert actions(AuditLog(settings.audit))[0] == "operator_sites"


def test_the_latest_recording_of_a_camera_is_the_last(counted_day):
    from pipelines.lake import Lake

    key = Lake.of(counted_day.settings).last("tracks", "pole")
    assert key.day == builders.DAY
    assert Lake.of(counted_day.settings).last("tracks", "nobody") is None


def test_a_read_site_is_a_site(broker):
    assert read_site(broker.read_site(SITE), SITE).site_id == SITE
    assert isinstance(broker.sites(), list)
    assert pl.DataFrame(noted(broker.settings.inbox)).height == 2
