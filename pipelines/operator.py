"""The broker: the one way by which the operator's process reads what is restricted.

Every call is written to the inbox before it opens anything; where that fails, nothing is opened. What
it gives out stays in memory: a people-free background, and anonymous tracks of one recording.
"""

from __future__ import annotations

import getpass
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from detectors.drift import background
from detectors.tracks import Tracks
from detectors.video import RecordingError
from geo.crossings import Crossings
from geo.movements import Movements
from geo.site import SITE_FILE, Site, SiteError, read_site
from geo.stitching import Stitches
from geo.trajectories import Trajectories
from pipelines.durable import replacing_all
from pipelines.inbox import Inbox, InboxError
from pipelines.lake import Lake, RecordingKey
from pipelines.settings import Settings
from pipelines.sites import SiteFolder, find_sites, is_site_text, read_documents
from pipelines.stages import georeference, measure, track
from pipelines.stages.arrivals import recording_files
from pipelines.stages.ingest import Recording, examine

__all__ = ["Broker", "InboxError", "LastTracks", "NothingToShowError", "RecordingError", "Reference"]

# Enough to draw a way; more would only be heavier.
_EVERY_S = 0.4


class NothingToShowError(LookupError):
    """There is no recording or no tracks to show yet; says what to run."""


@dataclass(frozen=True)
class Reference:
    """The people-free background of a recording: grey levels (height, width), 0 where nothing is known."""

    recording_id: str
    day: date
    grey: NDArray[np.uint8]


@dataclass(frozen=True)
class LastTracks:
    """The tracks of a camera's last recording.

    Attributes:
        space: "ground" for local metres, "image" for pixels of an uncalibrated camera.
        positions: track_id, road_user, x, y in the order of time, a few per second.
        flags: track_id, road_user, is_unassigned, is_fragmented; one row per track.
    """

    recording_id: str
    day: date
    space: str
    positions: pl.DataFrame
    flags: pl.DataFrame


@dataclass(frozen=True)
class Broker:
    """What one operator may do."""

    settings: Settings
    operator: str

    @classmethod
    def from_environment(cls) -> Broker:
        """For whoever is logged in to this machine."""
        return cls(Settings.from_environment(), getpass.getuser())

    def sites(self) -> list[str]:
        """The names of all sites."""
        self._note("operator_sites")
        return [*find_sites(self.settings)]

    def read_site(self, site_id: str) -> dict[str, str]:
        """The texts of a site's files, by name.

        Raises:
            SiteError: if there is no such site.
        """
        self._note("operator_read_site", site=site_id)
        return read_documents(self._folder(site_id))

    def reference(self, site_id: str, camera_id: str) -> Reference:
        """The background of the camera's last recording that has been tracked and is still there.

        Raises:
            NothingToShowError: if there is none.
        """
        self._note("operator_reference", site=site_id, camera=camera_id)
        folder, lake = self._site(site_id), Lake.of(self.settings)
        camera = folder.site.camera(camera_id)
        recording = next((r for r in self._newest_first(folder, camera_id) if lake.has(track.TABLE, r.key)), None)
        if recording is None:
            raise NothingToShowError(
                f"{self.settings.recordings / camera_id}: no recording that has been tracked. "
                "Run the site's day, or `passant run`, first: people can only be left out where they were found."
            )
        boxes = lake.open(Tracks, track.TABLE, recording.key).with_columns(
            time_s=(pl.col("time_utc") - recording.start_utc).dt.total_microseconds() / 1e6
        )
        grey = background(recording.path, camera, boxes, recording.probe.duration_s)
        return Reference(recording.key.recording_id, recording.key.day, grey)

    def tracks(self, site_id: str, camera_id: str) -> LastTracks:
        """The tracks of the camera's last recording, and which of them were lost or pieced together.

        Raises:
            NothingToShowError: if nothing of it has been measured.
        """
        self._note("operator_tracks", site=site_id, camera=camera_id)
        lake = Lake.of(self.settings)
        key = lake.last(measure.TABLE, camera_id)
        if key is None:
            raise NothingToShowError(f"{camera_id}: nothing has been measured yet. Run the site's day first.")
        is_placed = lake.has(georeference.TABLE, key)
        positions = _placed(lake, key) if is_placed else _seen(lake, key)
        return LastTracks(
            key.recording_id,
            key.day,
            "ground" if is_placed else "image",
            positions,
            _flags(lake, key, positions, bool(self._site(site_id).site.junctions_of(camera_id))),
        )

    def save_site(self, site_id: str, documents: Mapping[str, str], read: Mapping[str, str]) -> list[str]:
        """Writes the files of a site that have changed, all of them or none.

        Args:
            site_id: the site, whose folder exists.
            documents: file name -> text, of all files of the site.
            read: the texts that the changes were made from.

        Returns:
            The names of the files written.

        Raises:
            SiteError: if the documents are no valid site, or somebody else has changed the files meanwhile.
        """
        self._note("operator_save_site", site=site_id)
        folder = self._folder(site_id)
        _refuse_other_names(documents, folder)
        site = read_site(documents, str(folder))
        if site.site_id != site_id:
            raise SiteError(f"{folder}/{SITE_FILE}: site_id: is '{site.site_id}'. Name it like its folder.")
        now = read_documents(folder)
        changed = [name for name, text in documents.items() if now.get(name) != text]
        if stale := [name for name in changed if now.get(name) != read.get(name)]:
            raise SiteError(f"{folder}/{stale[0]}: has changed since it was read. Load the site again, then draw anew.")
        with replacing_all() as stand_in:
            for name in changed:
                stand_in(folder / name).write_text(documents[name], encoding="utf-8")
        return changed

    def _note(self, action: str, site: str | None = None, camera: str | None = None) -> None:
        Inbox(self.settings.inbox).append(action, self.operator, site, camera)

    def _folder(self, site_id: str) -> Path:
        known = find_sites(self.settings)
        if site_id not in known:
            raise SiteError(
                f"{self.settings.sites}: no site '{site_id}'. Use one of: {', '.join(known) or 'none yet'}."
            )
        return known[site_id]

    def _site(self, site_id: str) -> SiteFolder:
        folder = self._folder(site_id)
        site: Site = read_site(read_documents(folder), str(folder))
        return SiteFolder(folder, site)

    def _newest_first(self, folder: SiteFolder, camera_id: str) -> Iterator[Recording]:
        files = [path for path, of_camera in recording_files(folder, self.settings) if of_camera == camera_id]
        for path in reversed(files):
            yield examine(path, folder.site, folder.site.camera(camera_id), None)


def _refuse_other_names(documents: Mapping[str, str], folder: Path) -> None:
    for name in documents:
        if Path(name).name != name or not is_site_text(name):
            raise SiteError(
                f"{folder}/{name}: is no file of a site. Use plain names of .yaml, .geojson and .csv files."
            )


def _placed(lake: Lake, key: RecordingKey) -> pl.DataFrame:
    rows = lake.open(Trajectories, georeference.TABLE, key)
    return _thinned(rows.select("track_id", "road_user", "time_utc", x="x_m", y="y_m"))


def _seen(lake: Lake, key: RecordingKey) -> pl.DataFrame:
    middle = (pl.col("left_px") + pl.col("right_px")) / 2
    rows = lake.open(Tracks, track.TABLE, key)
    return _thinned(rows.select("track_id", "road_user", "time_utc", x=middle, y="bottom_px"))


def _thinned(rows: pl.DataFrame) -> pl.DataFrame:
    step = pl.col("time_utc").dt.epoch("us") // round(_EVERY_S * 1e6)
    ordered = rows.sort("track_id", "time_utc").with_columns(step.alias("step"))
    return ordered.unique(["track_id", "step"], keep="first", maintain_order=True).drop("step", "time_utc")


def _flags(lake: Lake, key: RecordingKey, positions: pl.DataFrame, has_junctions: bool) -> pl.DataFrame:
    """Tracks without entry or exit at a junction, or across no line where there is none; tracks of fragments."""
    joined = _chains(lake, key)
    report = lake.open(track.TrackingReports, track.REPORTS, key) if lake.has(track.REPORTS, key) else None
    bridged = report["joint_track_id"].explode().drop_nulls().to_list() if report is not None else []
    fragmented = {*joined.values(), *(joined.get(number, number) for number in bridged)}
    if has_junctions:
        rows = lake.open(Movements, measure.MOVEMENTS, key)
        ends = rows.with_columns(pl.col("track_id").replace(joined)).group_by("track_id", "junction_id")
        whole = ends.agg((pl.col("entry_line_id").is_not_null().any()) & pl.col("exit_line_id").is_not_null().any())
        assigned = whole.filter(pl.col("entry_line_id"))["track_id"]
    else:
        assigned = lake.open(Crossings, measure.TABLE, key)["track_id"].replace(joined)
    number = pl.col("track_id")
    return (
        positions.select("track_id", "road_user")
        .unique("track_id", maintain_order=True)
        .with_columns(
            is_unassigned=~number.is_in(assigned.unique().implode()),
            is_fragmented=number.is_in([*fragmented]),
        )
    )


def _chains(lake: Lake, key: RecordingKey) -> dict[int, int]:
    """Fragment -> the track it was joined to."""
    if not lake.has(georeference.STITCHES, key):
        return {}
    rows = lake.open(Stitches, georeference.STITCHES, key)
    return dict(zip(rows["track_id"].to_list(), rows["joined_track_id"].to_list(), strict=True))
