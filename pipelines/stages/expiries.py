"""EXPIRIES of a recording: what of it was deleted because its time was up, so that it is not taken for removed."""

from __future__ import annotations

from datetime import date

import dataframely as dy

from geo.site import Site
from pipelines.lake import Lake, RecordingKey

TABLE = "expiries"
FILM, TRACKS = "recording", "tracks"


class Expiries(dy.Schema):
    """One kind of data of one recording that has expired.

    ``what`` is the recording (the video file) or its tracks and everything else that tells of single
    road users. It was due at ``due_utc`` and deleted at ``expired_utc``; ``bytes`` were freed. ``sha256``
    is that of the video file, compared just before it was deleted, and NULL for tracks.
    """

    recording_id = dy.String(primary_key=True)
    what = dy.Enum([FILM, TRACKS], primary_key=True)
    due_utc = dy.Datetime(time_unit="us", time_zone="UTC")
    expired_utc = dy.Datetime(time_unit="us", time_zone="UTC")
    bytes = dy.Int64(min=0)
    sha256 = dy.String(nullable=True)


class ExpiredError(ValueError):
    """A day that can no longer be counted because what it was counted from has expired; says what stays."""


def expired(key: RecordingKey, lake: Lake) -> set[str]:
    """Which kinds of a recording's data have expired."""
    return set(lake.open(Expiries, TABLE, key)["what"]) if lake.has(TABLE, key) else set()


def refuse_expired(site: Site, day: date, lake: Lake) -> None:
    """Refuses to count a local day anew of which tracks have expired.

    Raises:
        ExpiredError: naming the site, the day and how many of its recordings have expired.
    """
    keys = [key for camera in site.cameras for key in lake.keys(TABLE, day, camera.camera_id)]
    gone = [key for key in keys if TRACKS in expired(key, lake)]
    if gone:
        raise ExpiredError(
            f"{site.site_id} {day}: the tracks of {len(gone)} recordings have expired ({gone[0].recording_id} "
            f"among them), so that the day cannot be counted again. Its counts stay as they are."
        )
