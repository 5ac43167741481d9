"""What somebody should know of: which alarms there are, and how they are posted to a webhook.

Alarms are states, not events: one is posted when it begins and once more when it is over. What each
means and what to do is in ``docs/runbook.md``, under its name.
"""

from __future__ import annotations

import json
import logging
import shutil
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipelines.stages.status import SiteStatus

_TIMEOUT_S, _WAITS_S = 5.0, (1.0, 4.0)
LEAST_FREE_SHARE = 0.05


@dataclass(frozen=True)
class Alarm:
    """One state that needs somebody: its name in the runbook, what it is about and what is to be said."""

    name: str
    subject: str
    says: str

    @property
    def key(self) -> str:
        return f"{self.name} {self.subject}"


def alarms(sites: Mapping[str, SiteStatus], failed_runs: Mapping[str, str], data: Path) -> Iterator[Alarm]:
    """Everything that is wrong now.

    Args:
        sites: the status of each site by its name.
        failed_runs: partition -> run, of partitions whose last run has failed.
        data: the data folder, whose disk must not run full.
    """
    for site in sites.values():
        for camera in site.cameras:
            if camera.is_stale:
                last = (
                    f"the last ends at {camera.last_end_utc:%Y-%m-%d %H:%M} UTC" if camera.last_end_utc else "none yet"
                )
                yield Alarm("camera-stale", f"{camera.site_id}/{camera.camera_id}", f"No new recording: {last}.")
        for held in site.held:
            yield Alarm("check-failed", f"{held.site_id}/{held.day}", f"Not released: {held.reason}.")
    for partition, run in failed_runs.items():
        yield Alarm("run-failed", partition, f"Its last run has failed: {run}.")
    disk = shutil.disk_usage(data)
    if disk.free < LEAST_FREE_SHARE * disk.total:
        yield Alarm("disk-full", str(data), f"{disk.free / 1e9:.1f} GB of {disk.total / 1e9:.1f} GB are free.")


def notify(
    now: Iterable[Alarm], told: Mapping[str, str], url: str, *, sleep: Callable[[float], None] = time.sleep
) -> dict[str, str]:
    """Posts the alarms that have begun and those that are over.

    Args:
        now: the alarms of this moment.
        told: key -> sentence of those posted as begun and not yet as over.
        url: where to post to.
        sleep: waits between tries.

    Returns:
        ``told`` from now on. What could not be posted is left out, and so tried again next time.
    """
    still = dict(told)
    current = {alarm.key: alarm.says for alarm in now}
    for key in sorted(current.keys() - told.keys()):
        if post(url, _message("firing", key, current[key]), sleep):
            still[key] = current[key]
    for key in sorted(told.keys() - current.keys()):
        if post(url, _message("resolved", key, told[key]), sleep):
            del still[key]
    return still


def _message(status: str, key: str, says: str) -> dict[str, str]:
    """What is posted; ``text`` is what chat programs show."""
    name, _, subject = key.partition(" ")
    word = "" if status == "firing" else "Over: "
    return {
        "status": status,
        "alarm": name,
        "subject": subject,
        "text": f"{word}{name} {subject}. {says}",
        "runbook": f"docs/runbook.md#{name}",
    }


def post(url: str, message: Mapping[str, str], sleep: Callable[[float], None] = time.sleep) -> bool:
    """Posts a message as JSON, three times at most; whether it got through. Never raises for a network's sake."""
    request = urllib.request.Request(  # noqa: S310  (the operator's own address)
        url, json.dumps(message).encode(), {"Content-Type": "application/json"}, method="POST"
    )
    for wait_s in (*_WAITS_S, None):
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S):  # noqa: S310
                return True
        except OSError as error:
            if wait_s is None:
                logging.getLogger(__name__).warning("the webhook did not take '%s': %s", message["text"], error)
            else:
                sleep(wait_s)
    return False
