"""`passant`: one command per thing a person wants done."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import polars as pl
import typer
from rich.console import Console
from rich.table import Table

from pipelines import upkeep
from pipelines.audit import AuditError, AuditLog
from pipelines.policies import PolicyError
from pipelines.progress import frame_progress
from pipelines.settings import Settings, SettingsError
from pipelines.stages.report import StageReport

if TYPE_CHECKING:
    from pipelines.object_store import ObjectStore

app = typer.Typer(
    help="Counts who passes, never who they are.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
audit_app = typer.Typer(help="The tamper-evident log.", no_args_is_help=True)
app.add_typer(audit_app, name="audit")
store_app = typer.Typer(help="Releases and the lake in an object store.", no_args_is_help=True)
app.add_typer(store_app, name="store")
app.add_typer(upkeep.app)

console = Console(highlight=False)

SiteOption = Annotated[Path, typer.Option("--site", help="Folder of the site, with its site.yaml.")]


def main() -> None:
    """Runs a command; wrong input ends with one message and exit code 2."""
    from detectors.backends import BackendError
    from detectors.foreign_boxes import InterchangeError
    from detectors.video import RecordingError
    from detectors.weights import WeightsError
    from geo.site import SiteError
    from pipelines.lake import DamagedFileError
    from pipelines.object_store import ObjectStoreError
    from pipelines.stages.evaluate import TruthError
    from pipelines.stages.expiries import ExpiredError
    from pipelines.stages.fanout import FanoutError
    from pipelines.stages.withdraw import WithdrawalError

    of_files = (InterchangeError, PolicyError, RecordingError, SiteError, TruthError, WeightsError)
    of_input = (BackendError, SettingsError, *of_files)
    of_state = (AuditError, DamagedFileError, ExpiredError, ObjectStoreError, TimeoutError, WithdrawalError)
    try:
        app()
    except (*of_input, *of_state, FanoutError) as error:
        _refuse(str(error))
    except OSError as error:
        _refuse(f"{error}. Nothing is half-written: mend that, and run the same command again.")


def _refuse(message: str) -> None:
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"passant: {message}", style="red", markup=False)
    sys.exit(2)


@app.command()
def run(
    site: SiteOption,
    recording: Annotated[Path, typer.Option(help="The video file.")],
    start: Annotated[str | None, typer.Option(help="Local time of the first frame, as 2026-06-10T08:14:00.")] = None,
    camera: Annotated[str | None, typer.Option(help="Camera of the site, where it has several.")] = None,
    weights: Annotated[Path | None, typer.Option(help="YOLO weights (.pt) in place of the site's.")] = None,
    backend: Annotated[str | None, typer.Option(help="openvino, torch, onnx or tensorrt; else the fastest.")] = None,
    precision: Annotated[str | None, typer.Option(help="f32, or f16 or int8 where the backend has it.")] = None,
) -> None:
    """Counts one recording: ingest, track, georeference, measure, load, check, release."""
    from pipelines.lake import Lake
    from pipelines.sites import load_site
    from pipelines.stages.run import counts
    from pipelines.stages.run import run as run_recording

    settings, folder = Settings.from_environment(), load_site(site)
    settings = replace(settings, backend=backend or settings.backend, precision=precision or settings.precision)
    outcome = run_recording(
        folder,
        recording,
        start=start,
        camera_id=camera,
        weights=weights,
        settings=settings,
        show_progress=frame_progress,
    )
    seen = outcome.recording
    for report in outcome.reports:
        _print_report(report)
    names = {line.line_id: line for line in folder.site.lines}
    table = Table(title=f"{seen.path.name}, {seen.start_utc.astimezone(folder.site.time_zone):%Y-%m-%d %H:%M:%S %Z}")
    rows = counts(seen, folder.site, Lake.of(settings))
    for heading in ("line", "direction", *rows.columns[2:]):
        table.add_column(heading, justify="left" if heading in ("line", "direction") else "right")
    for line_id, direction, *numbers in rows.iter_rows():
        counted_on = names[line_id]
        table.add_row(counted_on.name, getattr(counted_on, direction), *map(str, numbers))
    console.print(table)
    observed_s = next(r.figures["observed_s"] for r in outcome.reports if "observed_s" in r.figures)
    console.print(
        f"Counted in the observed {observed_s} s of {seen.probe.duration_s:.1f} s; not validated against a hand count."
    )
    for report in outcome.reports:
        for warning in report.warnings:
            console.print(f"Note: {warning}", style="yellow")
    for verdict in outcome.verdicts:
        if not verdict.is_passed:
            console.print(f"Check failed, the day is not released: {verdict.check}: {verdict.details}", style="red")


def _print_report(report: StageReport) -> None:
    reused = " (unchanged)" if report.is_reused else ""
    figures = "".join(f", {name} {value}" for name, value in report.figures.items())
    line = f"{report.table:<14}{report.rows:>8} rows in {report.seconds:6.1f} s{reused}{figures}"
    console.print(line, soft_wrap=True)


@app.command()
def demo() -> None:
    """Counts the shipped recording through Dagster and sets the counts beside the known truth."""
    from pipelines.stages.demo import install, outcome

    settings = Settings.from_environment()
    shipped = install(settings)
    console.print(f"Counting {shipped.video.name} ({shipped.site_id}, {shipped.day}) with Dagster:")
    job = [sys.executable, "-m", "pipelines.orchestration", shipped.site_id, str(shipped.day)]
    if subprocess.run(job, check=False).returncode:
        raise typer.Exit(1)
    _print_comparison(outcome(shipped, settings))
    console.print("Next: open the dashboard (`passant dashboard`), or `dagster dev` to see the run.")


@app.command()
def dashboard(
    headless: Annotated[bool, typer.Option(help="Serve without opening a browser.")] = False,
    port: Annotated[int, typer.Option(help="Port on this machine.")] = 8501,
) -> None:
    """Serves the dashboard of the latest release on this machine."""
    console.print(f"Dashboard: http://127.0.0.1:{port} (Ctrl+C ends it)")
    options = [f"--server.port={port}", f"--server.headless={str(headless).lower()}"]
    raise typer.Exit(subprocess.run([sys.executable, "-m", "dashboards", *options], check=False).returncode)


@app.command()
def operator(
    headless: Annotated[bool, typer.Option(help="Serve without opening a browser.")] = False,
    port: Annotated[int, typer.Option(help="Port on this machine.")] = 8502,
) -> None:
    """Serves camera set-up to whoever is logged in to this machine; all of it is logged."""
    console.print(f"Camera set-up: http://127.0.0.1:{port} (Ctrl+C ends it)")
    options = [f"--server.port={port}", f"--server.headless={str(headless).lower()}"]
    raise typer.Exit(subprocess.run([sys.executable, "-m", "dashboards.operator", *options], check=False).returncode)


@app.command()
def evaluate(
    site: SiteOption,
    recording: Annotated[Path, typer.Option(help="A recording that has been counted.")],
    truth: Annotated[Path, typer.Option(help="CSV of true crossings: line_id, direction, road_user, time_s.")],
    start: Annotated[str | None, typer.Option(help="Local time of the first frame, as given to run.")] = None,
    camera: Annotated[str | None, typer.Option(help="Camera of the site, where it has several.")] = None,
) -> None:
    """Sets the counts of a recording beside a hand count: missed and extra, event by event."""
    from pipelines.lake import Lake
    from pipelines.sites import load_site
    from pipelines.stages.evaluate import evaluate as compare
    from pipelines.stages.evaluate import read_truth
    from pipelines.stages.ingest import examine
    from pipelines.stages.run import choose_camera

    folder = load_site(site)
    seen = examine(recording, folder.site, choose_camera(folder.site, recording, camera), start)
    _print_comparison(compare(seen.key, seen.start_utc, read_truth(truth), Lake.of(Settings.from_environment())))


def _print_comparison(rows: pl.DataFrame) -> None:
    table = Table(title="Counted beside true, crossing by crossing (within 1 s)")
    for heading in rows.columns:
        table.add_column(heading, justify="right" if rows.schema[heading].is_numeric() else "left")
    for row in rows.iter_rows():
        table.add_row(*map(str, row))
    totals = rows.select("counted", "true", "missed", "extra").sum().row(0)
    table.add_section()
    table.add_row("all", "", "", *map(str, totals))
    console.print(table)


StoreUrl = Annotated[
    str, typer.Argument(envvar="PASSANT_STORE", help="The store, such as s3://bucket/folder or file:///folder.")
]
Every = Annotated[float, typer.Option(help="Look again after so many seconds, until Ctrl+C; 0: once.", min=0.0)]
Restricted = Annotated[bool, typer.Option("--restricted", help="The lake too, which holds single tracks.")]


@store_app.command()
def push(url: StoreUrl, restricted: Restricted = False) -> None:
    """Puts the latest release into an object store, which keeps what it has already."""
    from pipelines.lake import Lake
    from pipelines.object_store import ObjectStore
    from pipelines.privacy.release import PLANNER
    from pipelines.publishing.remote import push_release
    from pipelines.stages.remote_lake import RemoteLake

    settings, store = Settings.from_environment(), ObjectStore.at(url)
    if restricted:
        put = RemoteLake(Lake.of(settings), store, AuditLog(settings.audit)).push()
        console.print(f"lake: {put} files put into {store.url}")
    copied = push_release(settings.released / PLANNER, store)
    console.print(f"release {copied.version}: {copied.objects} new objects put into {store.url}")


@store_app.command()
def pull(url: StoreUrl, restricted: Restricted = False, every: Every = 0.0) -> None:
    """Brings the latest release from an object store, whole or not at all; with --every, each that follows too."""
    from pipelines.lake import Lake
    from pipelines.object_store import ObjectStore, ObjectStoreError
    from pipelines.privacy.release import PLANNER
    from pipelines.publishing.remote import version_in
    from pipelines.publishing.store import read_latest
    from pipelines.stages.remote_lake import RemoteLake

    settings, store = Settings.from_environment(), ObjectStore.at(url)
    if restricted:
        brought = RemoteLake(Lake.of(settings), store, AuditLog(settings.audit)).pull()
        console.print(f"lake: {brought} files brought from {store.url}")
    tier = settings.released / PLANNER
    _bring_release(store, tier)
    while every:
        time.sleep(every)
        try:
            if version_in(store, PLANNER) != (read_latest(tier) or {}).get("version"):
                _bring_release(store, tier)
        except ObjectStoreError as error:
            console.print(f"Note: {error}", style="yellow", markup=False)


def _bring_release(store: ObjectStore, tier: Path) -> None:
    from pipelines.publishing.remote import pull_release

    copied = pull_release(store, tier)
    console.print(f"release {copied.version}: {copied.objects} new objects brought from {store.url}")


@app.command()
def simulate(
    site: SiteOption,
    video: Annotated[Path, typer.Option(help="The mp4 to write; its name gives its start.")],
    truth: Annotated[Path, typer.Option(help="The CSV of true crossings to write.")],
    seed: Annotated[int, typer.Option(help="Of every random draw.")] = 20260610,
    duration_s: Annotated[float, typer.Option(help="Length in seconds.")] = 180.0,
) -> None:
    """Renders a recording with exactly known counts from a site's scenario."""
    from geo.scenario import STEP_S
    from pipelines.sites import load_site
    from pipelines.stages.simulate import Footage, film

    with frame_progress("rendering", round(duration_s / STEP_S)) as progress:
        report = film(load_site(site), Footage(duration_s, seed), video, truth, progress)
    console.print(f"{video}: {video.stat().st_size / 1e6:.1f} MB, {report.rows} true crossings, {report.seconds:.0f} s")


@app.command()
def history(site: SiteOption) -> None:
    """Makes up months of a simulated site's past from its history.yaml, and releases them."""
    from pipelines.sites import load_site
    from pipelines.stages.history import history as simulate_history
    from pipelines.stages.history import read_chronicle

    folder = load_site(site)
    days = len(read_chronicle(folder).days)
    with frame_progress(f"simulating {folder.site.name}", days, unit="days") as progress:
        outcome = simulate_history(folder, Settings.from_environment(), progress)
    for report in outcome.reports:
        _print_report(report)
    for verdict in outcome.verdicts:
        if not verdict.is_passed:
            console.print(f"Check failed, the day is not released: {verdict.check}: {verdict.details}", style="red")


@app.command("train-detector")
def train_detector(
    site: SiteOption,
    weights: Annotated[Path, typer.Option(help="The .pt file to write.")],
    log: Annotated[Path, typer.Option(help="The CSV of the training to write.")],
    seed: Annotated[int, typer.Option(help="Of weights and augmentation.")] = 0,
) -> None:
    """Trains the demo detector from random weights on rendered frames."""
    from detectors.training import TrainingSettings
    from pipelines.sites import load_site
    from pipelines.stages.train import Lessons, pictures_in
    from pipelines.stages.train import train as train_stage

    folder, lessons = load_site(site), Lessons()
    chosen = TrainingSettings(image_size_px=folder.site.detector.image_size_px, seed=seed)
    with frame_progress("rendering", pictures_in(lessons)) as progress:
        report = train_stage(folder, lessons, chosen, weights, log, Settings.from_environment(), progress)
    size_mb = weights.stat().st_size / 1e6
    console.print(f"{weights}: {size_mb:.1f} MB, {report.rows} pictures, seed {seed}, {report.seconds / 60:.1f} min")


@app.command()
def tune(
    site: SiteOption,
    recording: Annotated[list[Path], typer.Option(help="A typical, busy recording of the camera; give several.")],
    start: Annotated[list[str] | None, typer.Option(help="Local time of the first frame, one per recording.")] = None,
    camera: Annotated[str | None, typer.Option(help="Camera of the site, where it has several.")] = None,
    weights: Annotated[Path | None, typer.Option(help="YOLO weights (.pt) in place of the site's.")] = None,
    tolerance: Annotated[float, typer.Option(help="Largest error of the counts, as a share.")] = 0.02,
) -> None:
    """Finds the cheapest way to run a camera whose counts hold, and writes it beside site.yaml with its evidence."""
    from detectors.tuning import Trial
    from pipelines.sites import load_site
    from pipelines.stages.tune import tune as tune_camera
    from pipelines.stages.tune import workshop_for

    def show(trial: Trial, is_step: bool) -> None:
        way = trial.running
        seen = f"every {way.every}, {way.image_size_px} px, {way.precision}"
        seen += ", region" * (way.region_px is not None) + ", gated" * way.is_gated
        mark = "kept" if is_step else ""
        console.print(f"{seen:<44}{trial.cpu_ms:8.1f} cpu-ms per frame, error {trial.error:6.1%}  {mark}")

    settings, folder = Settings.from_environment(), load_site(site)
    audit = AuditLog(settings.audit)
    sample, workshop = workshop_for(folder, recording, settings, camera_id=camera, starts=start or (), weights=weights)
    report = tune_camera(sample, folder, workshop, tolerance=tolerance, audit=audit, progress=show)
    _print_report(report)
    for warning in report.warnings:
        console.print(f"Note: {warning}", style="yellow")
    console.print(f"Written to {report.path}; every run of {sample.camera.camera_id} follows it.")


@app.command("allow-weights")
def allow_weights(weights: Annotated[Path, typer.Argument(help="A .pt file whose origin you trust.")]) -> None:
    """Lets sites name weights that Passant does not ship; known by their SHA-256, and logged."""
    from pipelines.stages.weights import allow_weights as allow

    settings = Settings.from_environment()
    report = allow(weights, settings, AuditLog(settings.audit))
    console.print(f"{weights}: SHA-256 {report.digest} is {'already ' if report.is_reused else ''}on {report.path}")


@app.command("site-schema")
def site_schema() -> None:
    """Writes the JSON Schemas of site files beside the sites, for editors to check them against."""
    from pipelines.sites import write_schemas

    for path in write_schemas(Settings.from_environment().sites):
        console.print(path)


@app.command("evaluate-detector")
def evaluate_detector(
    site: SiteOption,
    weights: Annotated[Path, typer.Option(help="The .pt file to judge.")],
    log: Annotated[Path, typer.Option(help="The CSV of its training.")],
    card: Annotated[Path, typer.Option(help="The card to write, in Markdown.")],
) -> None:
    """Judges the demo detector on rendered scenes it has never seen and writes its card."""
    from pipelines.sites import load_site
    from pipelines.stages.detector_card import Exam, pictures_in, write_card

    exam = Exam()
    with frame_progress("judging", pictures_in(exam)) as progress:
        report = write_card(load_site(site), exam, weights, log, card, Settings.from_environment(), progress)
    console.print(f"{card}: {report.rows} pictures, {report.seconds:.0f} s")


@audit_app.command("verify")
def verify_audit() -> None:
    """Checks that no line of the audit log was changed, removed or inserted."""
    log = AuditLog(Settings.from_environment().audit)
    console.print(f"{log.path}: {log.verify()} lines, unbroken.")
