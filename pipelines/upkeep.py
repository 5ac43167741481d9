"""Commands that keep a running installation well: looking it over, counting anew, taking out, expiring, measuring."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import polars as pl
import typer
from rich.console import Console
from rich.table import Table

from pipelines.audit import AuditLog
from pipelines.policies import read_policy
from pipelines.settings import Settings

app = typer.Typer()
console = Console(highlight=False, soft_wrap=True)

SiteName = Annotated[str, typer.Option("--site", help="The site's name, or its folder under data/sites.")]
_STYLE = {"ok": "green", "warn": "yellow", "fail": "bold red"}


@app.command()
def doctor() -> None:
    """Looks the installation over: weights, device, disk, Dagster, calibration, clocks, sites, log.

    Ends with 1 where something fails, and says how to mend it.
    """
    from pipelines.doctor import examine

    worst = "ok"
    for finding in examine(Settings.from_environment(), datetime.now(UTC)):
        console.print(f"{finding.state:<5}", style=_STYLE[finding.state], end="")
        console.print(f"{finding.about:<12}{finding.says}", markup=False)
        worst = max(worst, finding.state, key=list(_STYLE).index)
    raise typer.Exit(1 if worst == "fail" else 0)


@app.command()
def backfill(
    site: SiteName,
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First local day.")],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last local day.")],
    verify: Annotated[bool, typer.Option("--verify", help="Read every file, also those that look the same.")] = False,
) -> None:
    """Counts every day from one to another again through Dagster; only what has changed is done.

    Days that have expired are refused and stay as they are, and the command ends with 1.
    """
    from pipelines.sites import find_site
    from pipelines.stages.unchanged import forget

    name = _name(site)
    find_site(name, Settings.from_environment())
    if last < first:
        raise typer.BadParameter(f"--to {last.date()} is before --from {first.date()}.")
    for number in range((last - first).days + 1 if verify else 0):
        forget(Settings.from_environment(), name, first.date() + timedelta(days=number))
    job = [sys.executable, "-m", "pipelines.orchestration", name, str(first.date()), str(last.date())]
    raise typer.Exit(subprocess.run(job, check=False).returncode)


@app.command()
def withdraw(
    site: SiteName,
    recording: Annotated[str, typer.Option(help="Its id, as in camera__20260610T061458Z__0a1b2c3d.")],
    reason: Annotated[str, typer.Option(help="Why; it is logged.")],
) -> None:
    """Takes one recording out of all counts for good, after its file has been moved away."""
    from pipelines.sites import find_site
    from pipelines.stages.withdraw import withdraw as take_out

    settings = Settings.from_environment()
    report = take_out(recording, reason, find_site(_name(site), settings).site, settings)
    console.print(f"{recording} is out; release {report.figures['version']}.")


@app.command()
def expire(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go, and leave it.")] = False,
) -> None:
    """Deletes recordings and tracks that data/policies/operations.yaml no longer keeps; counts stay."""
    from pipelines.sites import find_sites, load_site
    from pipelines.stages.expire import expire as expire_site

    settings, now = Settings.from_environment(), datetime.now(UTC)
    policy, audit = read_policy(settings), AuditLog(settings.audit)
    for site_id, path in find_sites(settings).items():
        report = expire_site(load_site(path).site, policy.of(site_id), settings, audit, now=now, is_trial=dry_run)
        figures = ", ".join(f"{name} {value}" for name, value in report.figures.items())
        console.print(f"{site_id}: {'would go' if dry_run else 'gone'}: {figures}")
        for warning in report.warnings:
            console.print(f"Note: {warning}", style="yellow", markup=False)


@app.command("metrics")
def write_metrics_file() -> None:
    """Writes the state of the pipeline to data/var/metrics/passant.prom, for Prometheus to collect."""
    from pipelines.metrics import metrics, write_metrics
    from pipelines.sites import find_sites, load_site
    from pipelines.stages.status import site_status

    settings, now = Settings.from_environment(), datetime.now(UTC)
    policy = read_policy(settings)
    sites = {
        name: site_status(load_site(path).site, policy.of(name), settings, now)
        for name, path in find_sites(settings).items()
    }
    write_metrics(metrics(sites, {}, settings.data, now), settings.metrics)
    console.print(f"{settings.metrics}: {sum(len(site.cameras) for site in sites.values())} cameras.")


@app.command()
def replay(
    files: Annotated[list[Path], typer.Argument(help=".otdet, .ottrk or MOTChallenge .txt files, in order of time.")],
    site: Annotated[Path, typer.Option(help="Folder of the site, with its site.yaml.")],
    camera: Annotated[str | None, typer.Option(help="Camera whose pictures the boxes lie in.")] = None,
    follow_anew: Annotated[bool, typer.Option(help="Follow the boxes anew, though the files hold tracks.")] = False,
    start: Annotated[datetime | None, typer.Option(help="UTC time of the first frame, for .txt files.")] = None,
    fps: Annotated[float | None, typer.Option(help="Frames per second, for .txt files.")] = None,
) -> None:
    """Counts saved boxes, also of other tools, without a video; nothing is written."""
    from pipelines.sites import load_site
    from pipelines.stages.replay import replay as count
    from pipelines.stages.run import choose_camera

    known = load_site(site).site
    camera_id = choose_camera(known, files[0], camera).camera_id
    start_utc = start.replace(tzinfo=UTC) if start else None
    found = count(files, known, camera_id, follow_anew=follow_anew, start_utc=start_utc, fps=fps)
    crossed = found.crossings.group_by("line_id", "direction", "road_user").len("counted")
    _print(
        crossed.sort("line_id", "direction", "road_user"), f"{found.tracks['track_id'].n_unique()} tracks: crossings"
    )
    if known.junctions_of(camera_id):
        ways = ("junction_id", "entry_line_id", "exit_line_id", "road_user")
        _print(found.movements.group_by(ways).len("counted").sort(ways, nulls_last=True), "movements")


def _name(site: str) -> str:
    return Path(site).name


def _print(rows: pl.DataFrame, title: str) -> None:
    table = Table(title=title)
    for heading in rows.columns:
        table.add_column(heading, justify="right" if rows.schema[heading].is_numeric() else "left")
    for row in rows.iter_rows():
        table.add_row(*("" if value is None else str(value) for value in row))
    console.print(table)
