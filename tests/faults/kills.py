"""``make faults``: disturbs runs in every way, runs them again, and compares.

A round begins with an untouched recording. A process counts it and comes to harm; another counts it
again. What there is then must be what an undisturbed run leaves: every file, every row of the
warehouse, every line of the audit log, one release, and nothing besides. Prints

    FAULTS <name> <n> tried <n> lost <n> doubled

where ``lost`` are things of the undisturbed run that are missing, and ``doubled`` things that are there
besides. ONLY=<name> runs one kind:

    boundaries  killed (SIGKILL) before, within and after each write
    random      killed at a random moment, every fourth time once more while recovering
    together    two processes count the same at once
    disk        no file can grow beyond a limit
    rights      one folder is read-only
    dagster     a Dagster job, killed at its writes and at random by turns
    inference   with the shipped model on the shipped recording, killed at random

ROUNDS=<n> sets the number of rounds, 300 if not given. Ends with 1 if anything was lost or doubled.

Rounds fork from a process that has loaded everything and run nothing, because libraries that have
started their threads cannot be forked.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.faults import boundaries, harms
from tests.faults.harms import Harm, child, finish
from tests.faults.scenes import SCENES, Scene, result

WORKERS = min(2, os.cpu_count() or 1)
SEED = 20260610
FOLDERS = ("restricted/lake", "restricted", "released", "inbox", "restricted/audit")


@dataclass(frozen=True)
class Undisturbed:
    """What a run comes to when nobody disturbs it, how much CPU time it takes and the writes it passes."""

    things: Counter[str]
    cpu_s: float
    boundaries: list[str]


Round = tuple[Harm, ...]
"""What is done to one run, one harm per attempt."""


@dataclass(frozen=True)
class Tally:
    """What rounds have come to."""

    tried: int = 0
    lost: int = 0
    doubled: int = 0

    def plus(self, lost: int, doubled: int) -> Tally:
        return Tally(self.tried + 1, self.lost + lost, self.doubled + doubled)


def telling(scene: Scene, root: Path, into: Path) -> None:
    """Counts to the end and writes down what there is then."""
    scene.count(root)
    into.write_text(json.dumps(result(root)), encoding="utf-8")


def undisturbed(scene: Scene, folder: Path) -> Undisturbed:
    """Runs a scene once without a kill."""

    def run(root: Path) -> None:
        began, seen = time.process_time(), []
        with boundaries.listed(seen):
            scene.count(root)
        used_s = time.process_time() - began
        found = {"things": result(root), "cpu_s": used_s, "boundaries": seen}
        (folder / "undisturbed.json").write_text(json.dumps(found), encoding="utf-8")

    shutil.copytree(folder / "begin", folder / "whole")
    must(finish(child(partial(run, folder / "whole"))))
    found = json.loads((folder / "undisturbed.json").read_text(encoding="utf-8"))
    return Undisturbed(Counter(found["things"]), found["cpu_s"], found["boundaries"])


def must(status: int) -> None:
    if status:
        raise RuntimeError(f"the undisturbed run ended with {status}")


def play(scene: Scene, whole: Undisturbed, number: int, one: Round, folder: Path) -> tuple[int, int]:
    """Plays a round; gives the numbers of things lost and doubled, and keeps the folder where there are any."""
    root, told = folder / f"round_{number}", folder / f"round_{number}.json"
    shutil.copytree(folder / "begin", root)
    for harm in one:
        harm(scene, root)
    finish(child(partial(telling, scene, root, told)))
    found = Counter(json.loads(told.read_text(encoding="utf-8")) if told.exists() else [])
    lost, doubled = whole.things - found, found - whole.things
    if lost or doubled:
        what = "".join(f"\n  lost {x[:300]}" for x in lost) + "".join(f"\n  doubled {x[:300]}" for x in doubled)
        print(f"# {scene.name}: {root} is not as it should be{what}", file=sys.stderr, flush=True)
    else:
        shutil.rmtree(root)
    return lost.total(), doubled.total()


def share_out(scene: Scene, whole: Undisturbed, rounds: list[Round], folder: Path) -> Tally:
    """Plays rounds in as many processes as there are cores to use."""

    def work(number: int) -> None:
        tally = Tally()
        for i in range(number, len(rounds), WORKERS):
            tally = tally.plus(*play(scene, whole, i, rounds[i], folder))
        (folder / f"tally_{number}.json").write_text(json.dumps([tally.tried, tally.lost, tally.doubled]))

    for pid in [child(partial(work, number)) for number in range(WORKERS)]:
        os.waitpid(pid, 0)
    tallies = [json.loads((folder / f"tally_{number}.json").read_text()) for number in range(WORKERS)]
    return Tally(*(sum(column) for column in zip(*tallies, strict=True)))


def at_boundaries(whole: Undisturbed, n: int) -> Iterator[Round]:
    """Spread evenly over all moments; each of them once or more where there are rounds enough."""
    moments = boundaries.moments(whole.boundaries)
    for i in range(n):
        yield (harms.killed_at(moments[i * len(moments) // n if n < len(moments) else i % len(moments)]),)


def at_random(whole: Undisturbed, n: int) -> Iterator[Round]:
    drawn = random.Random(SEED)
    for i in range(n):
        yield tuple(harms.killed_after(drawn.random() * whole.cpu_s) for _ in range(2 if i % 4 == 3 else 1))


def by_turns(whole: Undisturbed, n: int) -> Iterator[Round]:
    """Half at boundaries, half at random."""
    written, drawn = at_boundaries(whole, n - n // 2), at_random(whole, n // 2)
    for i in range(n):
        yield next(drawn if i % 2 else written)


def together(_whole: Undisturbed, n: int) -> Iterator[Round]:
    for _ in range(n):
        yield (harms.side_by_side(),)


def on_small_disks(_whole: Undisturbed, n: int) -> Iterator[Round]:
    """From 100 bytes to more than the warehouse needs, evenly by ratio."""
    for i in range(n):
        yield (harms.out_of_space(round(100 * 10 ** (4 * i / max(n - 1, 1)))),)


def without_rights(_whole: Undisturbed, n: int) -> Iterator[Round]:
    for i in range(n):
        yield (harms.without_rights(FOLDERS[i % len(FOLDERS)]),)


KINDS: dict[str, tuple[str, Callable[[Undisturbed, int], Iterator[Round]]]] = {
    "boundaries": ("stages", at_boundaries),
    "random": ("stages", at_random),
    "together": ("stages", together),
    "disk": ("stages", on_small_disks),
    "rights": ("stages", without_rights),
    "dagster": ("dagster", by_turns),
    "inference": ("inference", at_random),
}
# Of every 300 rounds; those that cost seconds are few, and what is left is killed at boundaries and at random.
SHARES = {"together": 10, "disk": 15, "rights": 5, "dagster": 10, "inference": 10}


def planned(rounds: int, only: str | None) -> dict[str, int]:
    """Rounds of each kind."""
    if only and only not in KINDS:
        raise SystemExit(f"ONLY={only}: is no kind of fault. There are: {', '.join(KINDS)}.")
    if only:
        return {only: rounds}
    few = {name: max(1, share * rounds // 300) for name, share in SHARES.items()}
    left = max(2, rounds - sum(few.values()))
    return {"boundaries": left - left // 3, "random": left // 3, **few}


def main() -> int:
    """Runs what ONLY names, or everything."""
    total, began = 0, time.monotonic()
    for name, n in planned(int(os.environ.get("ROUNDS", "300")), os.environ.get("ONLY") or None).items():
        scene, draw = SCENES[KINDS[name][0]], KINDS[name][1]
        folder = Path(tempfile.mkdtemp(prefix=f"passant-faults-{name}-"))
        must(finish(child(partial(scene.write, folder / "begin"))))
        scene.preload(folder / "begin")
        whole = undisturbed(scene, folder)
        tally = share_out(scene, whole, list(draw(whole, n)), folder)
        print(f"FAULTS {name} {tally.tried} tried {tally.lost} lost {tally.doubled} doubled", flush=True)
        total += tally.lost + tally.doubled
        if not (tally.lost or tally.doubled):
            shutil.rmtree(folder)
    print(f"# {time.monotonic() - began:.0f} s with {WORKERS} processes", flush=True)
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main())
