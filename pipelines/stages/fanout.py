"""Tracks recordings side by side on a Ray cluster: one task each, on whichever node has room.

A task reads its recording and writes the lake itself, through a file system that all nodes share, and
does nothing where its tracks are there already. So a task that died with its node is simply started
again elsewhere: nothing is lost and nothing is there twice.

Ray's own tasks rather than a Dagster executor: what fans out are the recordings inside a step, and a
process that has loaded a model keeps it for the next recording.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detectors.detector import Detector
from detectors.track_video import FrameRate, Progress
from pipelines.audit import AuditLog
from pipelines.durable import BusyError
from pipelines.lake import Lake, RecordingKey
from pipelines.progress import ShowProgress
from pipelines.settings import Fanout, Settings
from pipelines.sites import SiteFolder
from pipelines.stages.ingest import Recording
from pipelines.stages.report import StageReport
from pipelines.stages.track import frame_rate, is_tracked, make_detector, track, tracking_inputs

if TYPE_CHECKING:
    from ray import ObjectRef

RETRIES = 3
_POLL_S, _KNOCK_S = 1.0, 5.0


class FanoutError(RuntimeError):
    """A cluster that is not there, or cannot do what is asked; names what is missing and what to do."""


MakeDetector = Callable[[SiteFolder, Path | None, Settings, str], Detector]
"""As `pipelines.stages.track.make_detector`."""


@dataclass(frozen=True)
class Job:
    """A recording to be tracked, with all that a node has to know; paths are those of every node.

    Attributes:
        folder: its site.
        recording: the recording.
        settings: of the run.
        weights: in place of the site's, or None.
        make: makes the detector of a camera.
        inputs: what its tracks are to be made from, by the code and packages of who asks.
    """

    folder: SiteFolder
    recording: Recording
    settings: Settings
    weights: Path | None
    make: MakeDetector
    inputs: str = ""

    @property
    def camera_id(self) -> str:
        return self.recording.key.camera_id

    @property
    def tally(self) -> Path:
        """The file that says how far it has come."""
        return self.settings.progress / self.recording.key.recording_id

    @property
    def rate(self) -> FrameRate:
        return frame_rate(self.folder, self.weights, self.camera_id)

    def detector(self) -> Detector:
        return self.make(self.folder, self.weights, self.settings, self.camera_id)

    def inputs_with(self, detector: Detector) -> str:
        """What the recording's tracks are made from here."""
        return tracking_inputs(self.recording, self.folder.site.camera(self.camera_id), detector, self.rate)


def track_side_by_side(
    folder: SiteFolder,
    recordings: Sequence[Recording],
    settings: Settings,
    show_progress: ShowProgress,
    *,
    weights: Path | None = None,
    make: MakeDetector = make_detector,
) -> list[StageReport]:
    """Tracks recordings of a site on the cluster that the settings name, but for those that are tracked already.

    Returns:
        The report of each, in their order.

    Raises:
        FanoutError: if there is no such cluster, no node has what a recording is to be given, a node runs
            other code, or the processes of a recording died time and again.
        Exception: whatever tracking raised on a node, once the other recordings are done.
    """
    fanout, lake = settings.fanout, Lake.of(settings)
    if fanout is None:
        raise FanoutError("PASSANT_RAY: names no cluster. Set it to auto, or to host:port.")
    there = _on_every_node(settings, fanout)
    jobs = [_job(folder, recording, there, weights, make) for recording in recordings]
    new = [job for job in jobs if not is_tracked(job.recording, lake, job.inputs)]
    reports = _track_on(fanout, new, show_progress) if new else {}
    return [reports.get(job.recording.key) or _track(job) for job in jobs]


def _on_every_node(settings: Settings, fanout: Fanout) -> Settings:
    """Settings that mean the same on every node: whole paths, and a device that is not each node's own choice."""
    device = settings.device or ("cuda" if fanout.gpus else "cpu")
    return replace(settings, data=settings.data.resolve(), device=device)


def _job(folder: SiteFolder, recording: Recording, settings: Settings, weights: Path | None, make: MakeDetector) -> Job:
    job = Job(
        replace(folder, path=folder.path.resolve()),
        replace(recording, path=recording.path.resolve()),
        settings,
        weights and weights.resolve(),
        make,
    )
    return replace(job, inputs=job.inputs_with(job.detector()))


def _track_on(fanout: Fanout, jobs: Sequence[Job], show_progress: ShowProgress) -> dict[RecordingKey, StageReport]:
    """Tracks every recording on the cluster and waits for all of them."""
    title = f"{jobs[0].folder.site.site_id}: {len(jobs)} recordings on {fanout.address}"
    frames = sum(job.recording.probe.packets for job in jobs)
    with _connected(fanout), show_progress(title, frames) as progress:
        import ray

        _refuse_too_small(ray.nodes(), fanout)  # type: ignore[no-untyped-call]
        task = ray.remote(_track_here).options(
            num_cpus=fanout.cpus,
            num_gpus=fanout.gpus,
            max_retries=RETRIES,
            retry_exceptions=[BusyError],  # held by a process whose node is thought dead
        )
        with _tallies(jobs):
            running = waiting = [task.remote(job, fanout.cpus) for job in jobs]
            while waiting:
                _, waiting = ray.wait(waiting, num_returns=len(waiting), timeout=_POLL_S)
                progress(sum(_told(job) for job in jobs))
        return {job.recording.key: _outcome(job, one) for job, one in zip(jobs, running, strict=True)}


@contextmanager
def _connected(fanout: Fanout) -> Iterator[None]:
    """Connects Ray to the cluster meanwhile; a connection there is already is used and stays."""
    if not find_spec("ray"):
        raise FanoutError("PASSANT_RAY: ray is not installed. Install passant[ray], or unset it.")
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    # Whoever reaches a cluster without a token runs code on it.
    os.environ.setdefault("RAY_AUTH_MODE", "token")
    import ray

    is_ours = not ray.is_initialized()
    try:
        if is_ours:
            _knock(fanout.address)
            ray.init(address=fanout.address, log_to_driver=False, logging_level=logging.WARNING)
    except (OSError, RuntimeError) as error:
        raise FanoutError(
            f"PASSANT_RAY: no Ray cluster answers at '{fanout.address}' ({_first_line(error)}). Make this machine a "
            "node of it, with the cluster's token (docs/cost.md), or unset it."
        ) from error
    try:
        yield
    finally:
        if is_ours:
            ray.shutdown()


def _knock(address: str) -> None:
    """Ray itself would try for minutes."""
    if address != "auto":
        host, port = address.rsplit(":", 1)
        socket.create_connection((host, int(port)), _KNOCK_S).close()


def _refuse_too_small(known: Sequence[Mapping[str, Any]], fanout: Fanout) -> None:
    """Ray would wait for such a node for ever."""
    nodes = [node["Resources"] for node in known if node["Alive"]]
    if not any(node.get("CPU", 0) >= fanout.cpus and node.get("GPU", 0) >= fanout.gpus for node in nodes):
        there = "; ".join(f"{node.get('CPU', 0):g} cores and {node.get('GPU', 0):g} GPUs" for node in nodes)
        raise FanoutError(
            f"PASSANT_RAY_CPUS, PASSANT_RAY_GPUS: no node offers {fanout.cpus} cores and {fanout.gpus:g} GPUs at once "
            f"(there are: {there}). Ask for less, or start a node that does."
        )


@contextmanager
def _tallies(jobs: Sequence[Job]) -> Iterator[None]:
    """An empty file for each recording in the data folder, in which its node tells how far it has come.

    Ray's own ways, an actor or a queue, start a process for it, which costs as much as seconds of tracking.
    """
    for job in jobs:
        job.tally.parent.mkdir(parents=True, exist_ok=True)
        job.tally.write_bytes(b"")
    try:
        yield
    finally:
        for job in jobs:
            job.tally.unlink(missing_ok=True)


def _telling(job: Job) -> Progress:
    """Makes the tally as long as there are frames done, once a second at most: its length changes in one step.

    A recording that is begun again counts anew. Where the run has ended meanwhile, nobody is told.
    """
    told = 0.0

    def tell(frames: int) -> None:
        nonlocal told
        if time.monotonic() - told >= _POLL_S or frames >= job.recording.probe.packets:
            told = time.monotonic()
            with suppress(FileNotFoundError):
                os.truncate(job.tally, frames)

    return tell


def _told(job: Job) -> int:
    """Frames of a recording that are done, as far as its node has told."""
    with suppress(FileNotFoundError):  # another run of the same day has ended
        return job.tally.stat().st_size
    return 0


def _outcome(job: Job, one: ObjectRef[StageReport]) -> StageReport:
    import ray

    try:
        report: StageReport = ray.get(one)
    except ray.exceptions.RayTaskError as error:
        raise error.cause from None
    except ray.exceptions.RayError as error:
        raise FanoutError(
            f"{job.recording.path.name}: its process died {RETRIES + 1} times on the cluster ({_first_line(error)}). "
            "Give each recording more (PASSANT_RAY_CPUS, PASSANT_RAY_GPUS), or look at that node; what is done stays."
        ) from error
    return report


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n")[0]


def _track_here(job: Job, cpus: int) -> StageReport:
    """What a node does with a recording."""
    os.environ["OMP_NUM_THREADS"] = str(cpus)
    if job.inputs_with(_detector(job)) != job.inputs:
        raise FanoutError(
            f"{os.uname().nodename}: runs other code, packages or weights than the node that asks. "
            "Install the same Passant from the same lock on every node."
        )
    return _track(job, _telling(job))


def _track(job: Job, progress: Progress = lambda _: None) -> StageReport:
    camera, lake, audit = job.folder.site.camera(job.camera_id), Lake.of(job.settings), AuditLog(job.settings.audit)
    return track(job.recording, camera, _detector(job), lake, audit, progress, rate=job.rate)


# What this process has loaded; on a node it serves one run only.
_loaded: dict[tuple[Settings, Path, Path | None, str], Detector] = {}


def _detector(job: Job) -> Detector:
    place = (job.settings, job.folder.path, job.weights, job.camera_id)
    if place not in _loaded:
        _loaded[place] = job.detector()
    return _loaded[place]
