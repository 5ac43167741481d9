"""A Ray cluster of several nodes on this machine, each with processes of its own, for tests and benchmarks."""

from __future__ import annotations

import json
import os
import secrets
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from detectors.video import Frames, RecordingError
from pipelines.settings import Settings
from pipelines.sites import SiteFolder
from tests import builders

FRAME_S = 0.15
# Ray reads it once.
_TOKEN = secrets.token_hex(16)
# A head as docs/cost.md starts it.
_HEAD = {"num_cpus": 0, "include_dashboard": False, "include_log_monitor": False}
# How the head watches nodes, as docs/cost.md advises.
WATCH = {
    "RAY_health_check_initial_delay_ms": "1000",
    "RAY_health_check_period_ms": "1000",
    "RAY_health_check_timeout_ms": "5000",
    "RAY_health_check_failure_threshold": "3",
}


@contextmanager
def cluster(
    cores: Sequence[int], pins: Sequence[set[int]] = (), watch: dict[str, str] = WATCH, gpus: int = 0
) -> Iterator:
    """A head that tracks nothing, and a node of so many cores each; all are gone afterwards.

    Args:
        cores: what each node offers.
        pins: the cores of this machine that each node is held to, or nothing.
        watch: how nodes are watched.
        gpus: accelerators that each node says it has; Ray takes its word for it.
    """
    with _environment({**watch, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": _TOKEN}):
        from ray.cluster_utils import Cluster

        whole, made = os.sched_getaffinity(0), Cluster(initialize_head=True, head_node_args=_HEAD)
        try:
            nodes = []
            for number, offered in enumerate(cores):
                os.sched_setaffinity(0, pins[number] if pins else whole)
                nodes.append(made.add_node(num_cpus=offered, num_gpus=gpus))
            os.sched_setaffinity(0, whole)
            yield made.address, nodes
        finally:
            os.sched_setaffinity(0, whole)
            made.shutdown()


@contextmanager
def _environment(changes: dict[str, str]) -> Iterator[None]:
    # Ray would let its workers wait for everything else on the machine.
    changes = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_worker_niceness": "0", "PYTHONPATH": str(Path.cwd()), **changes}
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def is_busy(node) -> bool:
    """Whether one of its workers is at a recording, as Ray's own names of processes tell."""
    return any(b"_track_here" in Path(f"/proc/{pid}/cmdline").read_bytes() for pid in _processes(node)[1:])


def kill(node) -> None:
    """Kills a node and all of its workers at once, as a power cut would."""
    for pid in _processes(node):
        os.kill(pid, signal.SIGKILL)


def _processes(node) -> list[int]:
    raylet = node.all_processes["raylet"][0].process.pid
    return [raylet, *map(int, Path(f"/proc/{raylet}/task/{raylet}/children").read_text().split())]


class SlowWalkers:
    """Two walkers, looked for so slowly that a node can be killed meanwhile; a process notes when it begins."""

    workers = 1

    def __init__(self, folder: Path) -> None:
        self._boxes = builders.two_walkers()
        self.name, self.digest, self.road_users = self._boxes.name, self._boxes.digest, self._boxes.road_users
        self._folder, self._is_noted = folder, False

    @classmethod
    def make(cls, _folder: SiteFolder, _weights: Path | None, settings: Settings, _camera_id: str) -> SlowWalkers:
        return cls(settings.data / "begun")

    def detect(self, frames: Frames) -> list:
        if not self._is_noted:
            (self._folder / f"{time.time_ns()}").touch()
            self._is_noted = True
        time.sleep(FRAME_S * len(frames.images))
        return self._boxes.detect(frames)


class OnAShare(SlowWalkers):
    """Notes of each look when it began and ended, on which device, and which accelerators it may see."""

    def __init__(self, folder: Path, device: str | None) -> None:
        super().__init__(folder)
        self._device = device

    @classmethod
    def make(cls, _folder: SiteFolder, _weights: Path | None, settings: Settings, _camera_id: str) -> OnAShare:
        return cls(settings.data / "begun", settings.device)

    def detect(self, frames: Frames) -> list:
        began_ns, found = time.time_ns(), super().detect(frames)
        seen = {"device": self._device, "visible": os.environ.get("CUDA_VISIBLE_DEVICES")}
        note = {"began_ns": began_ns, "ended_ns": time.time_ns(), **seen}
        (self._folder / f"{began_ns}.{os.getpid()}.json").write_text(json.dumps(note))
        return found


class Blind(SlowWalkers):
    """Cannot look at a frame."""

    def detect(self, frames: Frames) -> list:
        raise RecordingError("film.mp4: zero video frames can be decoded.")
