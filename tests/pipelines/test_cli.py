"""`passant` as a person meets it: one clear message for wrong input, and nothing half-written."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from detectors.weights import digest_of
from pipelines import cli
from tests import builders

RECORDING = "pole_2026-06-10_08-14-58.mp4"


def passant(monkeypatch, capsys, data, *arguments):
    """Runs the command line in this process; returns its exit code and what it printed."""
    monkeypatch.setenv("PASSANT_DATA", str(data))
    monkeypatch.setattr(sys, "argv", ["passant", *map(str, arguments)])
    with pytest.raises(SystemExit) as end:
        cli.main()
    printed = capsys.readouterr()
    return end.value.code or 0, " ".join((printed.out + printed.err).split())


@pytest.fixture
def run(monkeypatch, capsys, data):
    def run(*arguments):
        return passant(monkeypatch, capsys, data, *arguments)

    return run


@pytest.fixture
def recorded_boxes(monkeypatch):
    class Loaded:
        def __getattr__(self, name):
            return getattr(builders.two_walkers(), name)

        def load(self):
            pass

    monkeypatch.setattr("pipelines.stages.run.make_detector", lambda *_: Loaded())


def test_run_counts_and_prints(run, data, tmp_path, recorded_boxes):
    video = builders.video(tmp_path / RECORDING)
    code, printed = run("run", "--site", data / "sites" / "crossroads", "--recording", video)
    assert code == 0
    assert "2026-06-10 08:14:58 CEST" in printed
    assert "east" in printed
    assert "observed 4.0 s of 4.0 s" in printed
    assert "not validated" in printed
    assert (data / "released" / "planner" / "latest.json").is_file()


def test_run_twice_is_unchanged(run, data, tmp_path, recorded_boxes):
    video = builders.video(tmp_path / RECORDING)
    arguments = ("run", "--site", data / "sites" / "crossroads", "--recording", video)
    run(*arguments)
    _, printed = run(*arguments)
    assert printed.count("(unchanged)") == 7


def test_weights_named_by_hand_are_written_down(run, data, tmp_path, recorded_boxes):
    video, weights = builders.video(tmp_path / RECORDING), tmp_path / "own.pt"
    weights.write_bytes(b"weights")
    assert run("run", "--site", data / "sites" / "crossroads", "--recording", video, "--weights", weights)[0] == 0
    log = (data / "restricted" / "audit" / "log.jsonl").read_text().splitlines()
    noted = next(line for line in map(json.loads, log) if line["action"] == "weights")
    assert noted["sha256"] == hashlib.sha256(b"weights").hexdigest()
    assert noted["allowed"] == "for one run, by --weights"


def test_an_unknown_backend_is_refused_before_anything_is_written(run, data, tmp_path):
    video = builders.video(tmp_path / RECORDING)
    arguments = ("run", "--site", data / "sites" / "crossroads", "--recording", video, "--backend", "abacus")
    code, printed = run(*arguments, "--weights", "data/demo/detector.pt")
    assert code == 2
    assert "backend 'abacus': unknown" in printed
    assert written(data) == []


def test_allowing_weights_says_their_digest(run, data):
    code, printed = run("allow-weights", "data/demo/detector.pt")
    assert code == 0
    assert f"SHA-256 {digest_of(Path('data/demo/detector.pt'))}" in printed
    assert (data / "allowed_weights.sha256").is_file()


def written(data):
    return sorted(p for p in data.rglob("*") if p.is_file() and "sites" not in p.parts)


def wrong(data, tmp_path, case):
    """Arguments of a run with one thing wrong, and what the message must name."""
    site, video = data / "sites" / "crossroads", builders.video(tmp_path / "in" / RECORDING)
    unnamed = builders.video(tmp_path / "in" / "film.mp4")
    broken, empty = tmp_path / "broken.mp4", tmp_path / "empty.mp4"
    broken.write_bytes(b"no video" * 1000)
    empty.write_bytes(b"")
    weights, small = tmp_path / "weights.pt", builders.images(3, (100, 90))
    weights.write_text("these are no weights")
    cases = {
        "no recording": (["--recording", tmp_path / "no.mp4"], ["no.mp4", "--recording"]),
        "unreadable recording": (["--recording", broken], ["broken.mp4", "re-export"]),
        "empty recording": (["--recording", empty], ["empty.mp4", "Copy the file again"]),
        "no start time": (["--recording", unnamed], ["film.mp4", "--start", "file_name_time"]),
        "start is no time": (["--recording", video, "--start", "noon"], ["--start 'noon'", "2026-06-10T08:14:00"]),
        "unknown camera": (["--recording", video, "--camera", "mast"], ["site.yaml", "mast", "pole"]),
        "no site": (["--recording", video, "--site", tmp_path / "nowhere"], ["nowhere", "site.yaml"]),
        "no weights named": (["--recording", video], ["site.yaml", "detector.weights", "--weights"]),
        "no such weights": (["--recording", video, "--weights", tmp_path / "no.pt"], ["no.pt", "--weights"]),
        "weights are no weights": (["--recording", video, "--weights", weights], ["weights.pt", "Give a .pt file"]),
        "another size": (
            ["--recording", builders.video(tmp_path / "small" / RECORDING, small)],
            ["100x90 px", "size_px"],
        ),
    }
    arguments, names = cases[case]
    site_given = [] if "--site" in arguments else ["--site", site]
    return [*site_given, *arguments], names


WRONG = [
    "no recording",
    "unreadable recording",
    "empty recording",
    "no start time",
    "start is no time",
    "unknown camera",
    "no site",
    "no weights named",
    "no such weights",
    "weights are no weights",
    "another size",
]


@pytest.mark.parametrize("case", WRONG)
def test_wrong_input_is_named_and_nothing_is_written(run, data, tmp_path, case):
    arguments, names = wrong(data, tmp_path, case)
    code, printed = run("run", *arguments)
    assert code == 2
    assert printed.startswith("passant: ")
    assert "Traceback" not in printed
    for name in names:
        assert name in printed, printed
    assert [p for p in written(data) if "var" not in p.parts] == []


@pytest.mark.parametrize(
    ("file", "text", "names"),
    [
        ("site.yaml", "site_id: [", ["site.yaml", "not valid YAML"]),
        (
            "control_points.csv",
            builders.control_points([(i, 5) for i in range(1, 9)]),
            ["control_points.csv", "on a line"],
        ),
        ("lines.geojson", "{}", ["lines.geojson", "FeatureCollection"]),
    ],
)
def test_a_malformed_site_is_named_and_nothing_is_written(run, data, tmp_path, file, text, names):
    (data / "sites" / "crossroads" / file).write_text(text)
    code, printed = run(
        "run", "--site", data / "sites" / "crossroads", "--recording", builders.video(tmp_path / "in" / RECORDING)
    )
    assert code == 2
    assert all(name in printed for name in names)
    assert written(data) == []


def test_evaluate_sets_counts_beside_truth(run, data, tmp_path, recorded_boxes):
    video, site = builders.video(tmp_path / RECORDING), data / "sites" / "crossroads"
    run("run", "--site", site, "--recording", video)
    truth = tmp_path / "truth.csv"
    truth.write_text("line_id,direction,road_user,time_s\ngate,forward,pedestrian,1.9\ngate,forward,pedestrian,3.5\n")
    code, printed = run("evaluate", "--site", site, "--recording", video, "--truth", truth)
    assert code == 0
    assert "│ gate │ pedestrian │ forward │ 1 │ 2 │ 1 │ 0 │" in printed


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("line_id,direction\ngate,forward\n", "road_user: missing"),
        ("line_id,direction,road_user,time_s\ngate,up,car,1\n", "direction: 'up'"),
        ("line_id,direction,road_user,time_s\ngate,forward,horse,1\n", "road_user: 'horse'"),
        ("line_id,direction,road_user,time_s\ngate,forward,car,soon\n", "time_s: not a number"),
    ],
)
def test_a_malformed_truth_is_named(run, data, tmp_path, recorded_boxes, text, says):
    video, site = builders.video(tmp_path / RECORDING), data / "sites" / "crossroads"
    run("run", "--site", site, "--recording", video)
    truth = tmp_path / "truth.csv"
    truth.write_text(text)
    code, printed = run("evaluate", "--site", site, "--recording", video, "--truth", truth)
    assert code == 2
    assert "truth.csv" in printed
    assert says in printed


def test_audit_verify(run, data, tmp_path, recorded_boxes):
    run("run", "--site", data / "sites" / "crossroads", "--recording", builders.video(tmp_path / RECORDING))
    code, printed = run("audit", "verify")
    assert code == 0
    assert "6 lines, unbroken" in printed
    log = data / "restricted" / "audit" / "log.jsonl"
    log.write_bytes(log.read_bytes().replace(b"measure", b"pleasure"))
    code, printed = run("audit", "verify")
    assert code == 2
    assert "line 4" in printed


COMMANDS = [*cli.app.registered_commands, *cli.upkeep.app.registered_commands]


def test_every_command_has_help_and_a_line_in_the_documents():
    pages = "".join(page.read_text(encoding="utf-8") for page in (Path("README.md"), *Path("docs").glob("*.md")))
    assert CliRunner().invoke(cli.app, ["--help"]).exit_code == 0
    for command in COMMANDS:
        name = command.name or command.callback.__name__.replace("_", "-")
        assert f"passant {name}" in pages, name
        assert (command.callback.__doc__ or "").strip().endswith(".")


def test_the_command_is_installed():
    found = subprocess.run(
        [Path(sys.executable).parent / "passant", "--help"], capture_output=True, text=True, check=True
    )
    assert "Counts who passes" in found.stdout


def test_saved_boxes_are_replayed(run, data, tmp_path):
    from detectors.interchange import write_mot

    boxes = tmp_path / "boxes.txt"
    write_mot(builders.tracks((1, [(i / 10, 60.0 + 2 * i, 60.0) for i in range(20)])), boxes)
    site = data / "sites" / "crossroads"
    code, printed = run("replay", boxes, "--site", site, "--fps", "10", "--start", "2026-06-10T06:14:58")
    assert code == 0
    assert "│ gate_px │ forward │ pedestrian │ 1 │" in printed
    code, printed = run("replay", boxes, "--site", site)
    assert code == 2
    assert "fps" in printed


def test_upkeep_says_what_it_did(run, data, tmp_path, recorded_boxes):
    code, printed = run("expire", "--dry-run")
    assert (code, "crossroads: would go: recordings 0" in printed) == (0, True)
    code, printed = run("metrics")
    assert (code, "passant.prom: 1 cameras." in printed) == (0, True)
    code, printed = run("withdraw", "--site", "crossroads", "--recording", "pole__x", "--reason", "test")
    assert (code, "no recording 'pole__x'" in printed) == (2, True)
    code, printed = run("backfill", "--site", "atlantis", "--from", "2026-06-01", "--to", "2026-06-02")
    assert (code, "no site 'atlantis'" in printed) == (2, True)
    code, printed = run("doctor")
    assert (code, "detector.weights: none named" in printed) == (1, True)
