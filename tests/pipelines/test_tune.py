import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from detectors.tuning import Running
from detectors.video import RecordingError
from detectors.weights import digest_of
from detectors.yolo import YoloSettings
from geo.site import SiteError
from pipelines.audit import AuditLog
from pipelines.settings import Settings
from pipelines.sites import load_site
from pipelines.stages.ingest import examine
from pipelines.stages.track import frame_rate, make_detector
from pipelines.stages.tune import Sample, Tracked, Workshop, _priors, error_of, tune, workshop_for
from pipelines.stages.tuning_file import Tuning, path_of, tuning_of
from tests import builders


class Meter:
    """Ticks once for each pixel that a model would have seen, so that costs are the same on every machine."""

    def __init__(self):
        self.now_s = 0.0

    def __call__(self):
        return self.now_s

    def reading(self, detector, running):
        detect = detector.detect

        def metered(frames):
            self.now_s += len(frames.number) * running.image_size_px**2
            return detect(frames)

        detector.detect = metered
        return detector


class Recorded(Workshop):
    """Recorded boxes in place of a model, worse in pictures under 400 px: half of them are missing."""

    has_int8 = False

    def detector(self, running, sample):
        return self.clock.reading(builders.recorded(self.walks(running)), running)

    def walks(self, running):
        walks = [
            *builders.walk(range(40), (20, 70), (110, 70)),
            *builders.walk(range(40), (140, 110), (50, 110), road_user="car", width=30.0, height=20.0),
        ]
        return walks[:40] if running.image_size_px < 400 else walks


@pytest.fixture
def place(tmp_path):
    """A sample of the small test site, its folder, its weights, a workshop and an audit log."""
    settings = Settings(tmp_path / "data")
    site = builders.write_site(settings.sites / "crossroads")
    (site / "own.pt").write_bytes(b"weights")
    description = site / "site.yaml"
    description.write_text(description.read_text() + "\ndetector: {weights: own.pt}\n")
    folder = load_site(site)
    video = builders.video(tmp_path / "pole_2026-06-10_08-14-58.mp4")
    camera = folder.site.camera("pole")
    sample = Sample((examine(video, folder.site, camera, "2026-06-10T08:14:58"),), folder.site, camera)
    return sample, folder, Recorded(folder.weights, YoloSettings(), Meter()), AuditLog(settings.audit), settings


def test_the_choice_keeps_the_counts_and_carries_its_evidence(place):
    sample, folder, workshop, audit, _ = place
    seen = []
    report = tune(sample, folder, workshop, tolerance=0.02, audit=audit, progress=lambda *one: seen.append(one))
    tuning = Tuning.model_validate_json(report.path.read_text())
    assert report.path == path_of(folder, "pole")
    reference = tuning.tried[0]
    assert (reference.running, reference.error, reference.is_step) == (Running(), 0.0, True)
    assert reference.counted == 4
    assert tuning.chosen.error <= 0.02
    assert tuning.chosen.cpu_ms < reference.cpu_ms
    assert tuning.chosen.image_size_px >= 400
    assert len(seen) == len(tuning.tried) == report.rows
    assert all(way.error == 0.5 for way in tuning.tried if way.image_size_px < 400)
    assert tuning.recordings_sha256 == (sample.recordings[0].sha256,)
    assert any("judged by 4 crossings; 500 and more" in warning for warning in report.warnings)
    assert json.loads(audit.path.read_text().splitlines()[-1])["action"] == "tune"


def test_several_recordings_judge_together_and_whole(place, tmp_path):
    sample, folder, workshop, audit, _ = place
    later = builders.video(tmp_path / "later.mp4", builders.images(30))
    other = examine(later, folder.site, sample.camera, "2026-06-10T09:00:00")
    both = replace(sample, recordings=(*sample.recordings, other))
    # The first step down from 416 px is to a picture in which half is missing.
    workshop = replace(workshop, how=YoloSettings(image_size_px=416))
    tuning = Tuning.model_validate_json(tune(both, folder, workshop, tolerance=0.02, audit=audit).path.read_text())
    whole, most = (one.counted for one in tuning.tried[0].each)
    assert tuning.recordings_sha256 == (sample.recordings[0].sha256, other.sha256)
    assert tuning.tried[0].counted == whole + most
    assert min(whole, most) > 0
    worse = next(way for way in tuning.tried if way.image_size_px < 400)
    lost = worse.each[0].error * whole + worse.each[1].error * most
    assert worse.error == pytest.approx(lost / (whole + most), abs=1e-3)


def test_a_prior_is_taught_by_other_recordings_than_it_helps_to_judge(place):
    sample, *_ = place
    twice = replace(sample, recordings=sample.recordings * 2)
    right = [(t / 10, 20.0 + 2 * t, 70.0) for t in range(40)]
    left = [(t, 118.0 - x, y) for t, x, y in right]
    full = [Tracked(builders.tracks((1, way)), 40, 1.0, None) for way in (right, left)]
    across = [np.nanmedian(prior.velocity_px_s[..., 0]) for prior in _priors(full, twice)]
    assert across == pytest.approx([-20.0, 20.0], abs=0.1)


@pytest.mark.parametrize(
    ("times", "starts", "message"),
    [
        (2, ["2026-06-10T08:14:58"], r"--start: 1 given for 2 recordings. Give one for each"),
        (2, ["2026-06-10T08:14:58"] * 2, "begins when .* does. Give every recording once"),
    ],
)
def test_recordings_that_do_not_go_together_are_refused(place, times, starts, message):
    sample, folder, _, _, settings = place
    paths = [sample.recordings[0].path] * times
    with pytest.raises(RecordingError, match=message):
        workshop_for(folder, paths, settings, camera_id="pole", starts=starts, weights=folder.weights)


def test_runs_follow_the_choice_while_the_weights_are_the_same(place):
    sample, folder, workshop, audit, settings = place
    tune(sample, folder, workshop, tolerance=0.02, audit=audit)
    chosen = tuning_of(folder, None, "pole").chosen
    assert frame_rate(folder, None, "pole").every == chosen.every
    detector = make_detector(folder, folder.weights, settings, "pole")
    assert f"at {chosen.image_size_px} px" in detector.name
    folder.weights.write_bytes(b"other weights")
    assert tuning_of(folder, None, "pole") is None
    assert frame_rate(folder, None, "pole").every == 1


def test_a_sample_on_which_nobody_crosses_judges_nothing(place):
    sample, folder, workshop, audit, _ = place

    class Empty(Recorded):
        def walks(self, running):
            return builders.walk(range(40), (20, 70), (40, 70))

    with pytest.raises(SiteError, match="nobody crosses a line of pole in its second half"):
        tune(sample, folder, Empty(workshop.weights, workshop.how, Meter()), tolerance=0.02, audit=audit)
    assert not path_of(folder, "pole").exists()


def test_a_malformed_tuning_is_named_with_its_field(place):
    _, folder, *_ = place
    path_of(folder, "pole").write_text('{"camera_id": "pole"}')
    with pytest.raises(
        SiteError, match=r"pole.tuning.json: weights_sha256: Field required. Make it anew with passant tune"
    ):
        tuning_of(folder, None, "pole")


def test_an_int8_model_that_is_gone_is_named(place):
    sample, folder, workshop, audit, settings = place
    tune(sample, folder, workshop, tolerance=0.02, audit=audit)
    path = path_of(folder, "pole")
    content = json.loads(path.read_text())
    steps = [way for way in content["tried"] if way["is_step"]]
    steps[-1]["precision"], content["int8_model"] = "int8", "int8-640x384-gone"
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match=f"{digest_of(folder.weights)}.*int8-640x384-gone.*is not there.*passant tune"):
        make_detector(folder, folder.weights, settings, "pole")
    plain = make_detector(folder, folder.weights, replace(settings, precision="f32"), "pole")
    assert "f32" in plain.name


def table(*rows):
    return pl.DataFrame(rows, schema=["line_id", "direction", "road_user"], orient="row")


@pytest.mark.parametrize(
    ("counted", "error"),
    [
        ([("a", "forward", "car")] * 4, 0.0),
        ([("a", "forward", "car")] * 3, 0.25),
        ([("a", "forward", "car")] * 5, 0.25),
        ([("a", "forward", "car")] * 3 + [("a", "backward", "car")], 0.5),
        ([("a", "forward", "car")] * 3 + [("a", "forward", "van")], 0.5),
        ([], 1.0),
    ],
    ids=["same", "one missed", "one too many", "other direction", "other class", "none"],
)
def test_errors_do_not_cancel_out(counted, error):
    assert error_of(table(*counted), table(*[("a", "forward", "car")] * 4)) == error
