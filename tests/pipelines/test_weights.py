import json

import pytest

from detectors.weights import WeightsError, digest_of
from pipelines.audit import AuditLog
from pipelines.settings import Settings
from pipelines.sites import load_site
from pipelines.stages.track import make_detector
from pipelines.stages.weights import allow_weights, allowed_weights
from tests import builders


@pytest.fixture
def place(tmp_path):
    """A site that names weights of its own, its settings and its audit log."""
    settings = Settings(tmp_path / "data")
    site = builders.write_site(settings.sites / "crossroads")
    weights = site / "own.pt"
    weights.write_bytes(b"weights of our own")
    description = site / "site.yaml"
    description.write_text(description.read_text() + "\ndetector: {weights: own.pt}\n")
    return load_site(site), settings, AuditLog(settings.audit)


def lines(audit):
    return [json.loads(line) for line in audit.path.read_text().splitlines()]


def test_weights_a_site_names_are_refused_until_they_are_allowed(place):
    folder, settings, audit = place
    with pytest.raises(WeightsError, match=f"own.pt: unknown weights, SHA-256 {digest_of(folder.weights)}"):
        make_detector(folder, None, settings, "pole")
    report = allow_weights(folder.weights, settings, audit)
    assert not report.is_reused
    assert make_detector(folder, None, settings, "pole").name.startswith("own.pt")
    assert lines(audit)[-1]["sha256"] == report.digest == digest_of(folder.weights)
    assert settings.allowed_weights.read_text() == f"{report.digest}  own.pt\n"


def test_allowing_twice_changes_nothing(place):
    folder, settings, audit = place
    allow_weights(folder.weights, settings, audit)
    assert allow_weights(folder.weights, settings, audit).is_reused
    assert len(allowed_weights(settings)) == len(lines(audit)) == 1


def test_weights_that_changed_since_are_refused(place):
    folder, settings, audit = place
    allow_weights(folder.weights, settings, audit)
    folder.weights.write_bytes(b"something else")
    with pytest.raises(WeightsError, match="unknown weights"):
        make_detector(folder, None, settings, "pole")


def test_weights_named_by_hand_are_allowed_for_once(place):
    folder, settings, _ = place
    assert make_detector(folder, folder.weights, settings, "pole").name.startswith("own.pt")
    assert allowed_weights(settings) == frozenset()


def test_a_malformed_list_is_named_with_its_line(place):
    _, settings, _ = place
    settings.allowed_weights.write_text(f"{64 * '0'}  fine.pt\nnot a digest\n")
    with pytest.raises(WeightsError, match="allowed_weights.sha256: line 2: not 64 hexadecimal"):
        allowed_weights(settings)
