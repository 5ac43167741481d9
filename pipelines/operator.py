"""The broker: the one way by which the operator's process reads what is restricted.

Every call is written to the inbox before it opens anything; where that fails, nothing is opened. What
it gives out stays in memory: a people-free background, and anonymous tracks of one recording.
"""

from __future__ import annotations

import getpass
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import yaml
from numpy.typing import NDArray

from detectors.drift import background, boxes_seen
from detectors.tracks import Tracks
from detectors.video import RecordingError, probe
from detectors.weights import WeightsError
from geo.crossings import Crossings
from geo.movements import Movements
from geo.site import SITE_FILE, Site, SiteError, read_site
from geo.stitching import Stitches
from geo.trajectories import Trajectories
from pipelines.durable import alone_in, replacing, replacing_all
from pipelines.inbox import Inbox, InboxError
from pipelines.lake import Lake, RecordingKey
from pipelines.settings import Settings
from pipelines.sites import SiteFolder, find_sites, is_site_text, load_site, read_documents
from pipelines.stages import georeference, measure, track
from pipelines.stages.arrivals import recording_files, videos_in
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

    def free_cameras(self) -> dict[str, str]:
        """Camera -> file name of its last recording, of folders under recordings that belong to no site."""
        self._note("operator_free_cameras")
        taken = self._cameras()
        found = {path.name: videos_in(path) for path in sorted(self.settings.recordings.glob("*")) if path.is_dir()}
        return {name: videos[-1].name for name, videos in found.items() if videos and name not in taken}

    def new_site(self, described: Mapping[str, Any]) -> None:
        """Makes a site, its folder and its site.yaml; the size of its first camera's picture is that of its recording.

        Args:
            described: what site.yaml says, without ``size_px``.

        Raises:
            SiteError: if it is no valid site, its name is taken, or another site has the camera.
            RecordingError: if the camera has no readable recording.
        """
        site_id, camera = str(described["site_id"]), dict(described["cameras"][0])
        camera_id = str(camera["camera_id"])
        self._note("operator_new_site", site=site_id, camera=camera_id)
        size_px = list(probe(self._last_video(camera_id)).size_px)
        cameras = [{"camera_id": camera_id, "size_px": size_px, **camera}]
        text = yaml.safe_dump({**described, "cameras": cameras}, sort_keys=False, allow_unicode=True)
        path = self.settings.sites / site_id / SITE_FILE
        read_site({SITE_FILE: text}, str(path.parent))
        with alone_in(self.settings.sites):
            if path.exists():
                raise SiteError(f"{path}: site_id: '{site_id}' is taken. Choose another.")
            if owner := self._cameras().get(camera_id):
                raise SiteError(f"{path}: cameras: '{camera_id}' belongs to the site '{owner}'. Choose another.")
            with replacing(path) as whole:
                whole.write_text(text, encoding="utf-8")

    def reference(self, site_id: str, camera_id: str) -> Reference:
        """The background of the camera's last recording that has been tracked, else of its last one.

        What has not been tracked is looked at with the site's detector, so that people are left out there too.

        Raises:
            NothingToShowError: if there is no recording, or none has been tracked and there is no detector.
        """
        self._note("operator_reference", site=site_id, camera=camera_id)
        folder, lake = self._site(site_id), Lake.of(self.settings)
        recording = self._to_look_at(folder, camera_id, lake)
        camera = folder.site.camera(camera_id)
        if lake.has(track.TABLE, recording.key):
            boxes = lake.open(Tracks, track.TABLE, recording.key).with_columns(
                time_s=(pl.col("time_utc") - recording.start_utc).dt.total_microseconds() / 1e6
            )
        else:
            boxes = self._boxes_seen(folder, recording)
        grey = background(recording.path, camera, boxes, recording.probe.duration_s)
        return Reference(recording.key.recording_id, recording.key.day, grey)

    def _to_look_at(self, folder: SiteFolder, camera_id: str, lake: Lake) -> Recording:
        newest = None
        for recording in self._newest_first(folder, camera_id):
            newest = newest or recording
            if lake.has(track.TABLE, recording.key):
                return recording
        if newest is None:
            raise NothingToShowError(f"{self.settings.recordings / camera_id}: no recording. Copy one there first.")
        return newest

    def _boxes_seen(self, folder: SiteFolder, recording: Recording) -> pl.DataFrame:
        camera = folder.site.camera(recording.key.camera_id)
        # Two dozen frames are sooner looked at than a model is exported for another engine.
        settings = replace(self.settings, backend="torch")
        try:
            detector = track.make_detector(folder, None, settings, camera.camera_id)
            return boxes_seen(recording.path, camera, detector, recording.probe.duration_s)
        except WeightsError as error:
            raise NothingToShowError(
                f"{recording.path}: not tracked yet, and no detector can leave people out: {error}"
            ) from error

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

    def _cameras(self) -> dict[str, str]:
        """Camera -> its site."""
        known = find_sites(self.settings).values()
        return {c.camera_id: site.site_id for site in (load_site(path).site for path in known) for c in site.cameras}

    def _last_video(self, camera_id: str) -> Path:
        folders = [path for path in self.settings.recordings.glob("*") if path.name == camera_id]
        videos = [video for folder in folders for video in videos_in(folder)]
        if not videos:
            raise RecordingError(
                f"{self.settings.recordings}: no recording in a folder '{camera_id}'. Copy one there first: "
                "it tells the size of the picture."
            )
        return videos[-1]

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
    """Tracks at one gate of a junction only, or across no line where there is no junction; tracks of fragments."""
    joined = _chains(lake, key)
    report = lake.open(track.TrackingReports, track.REPORTS, key) if lake.has(track.REPORTS, key) else None
    bridged = report["joint_track_id"].explode().drop_nulls().to_list() if report is not None else []
    fragmented = {*joined.values(), *(joined.get(number, number) for number in bridged)}
    number = pl.col("track_id")
    if has_junctions:
        is_unassigned = number.is_in(_halves(lake, key, joined).unique().implode())
    else:
        crossing = lake.open(Crossings, measure.TABLE, key)["track_id"].replace(joined)
        is_unassigned = ~number.is_in(crossing.unique().implode())
    return (
        positions.select("track_id", "road_user")
        .unique("track_id", maintain_order=True)
        .with_columns(is_unassigned=is_unassigned, is_fragmented=number.is_in([*fragmented]))
    )


def _halves(lake: Lake, key: RecordingKey, joined: dict[int, int]) -> pl.Series:
    """Tracks that entered a junction and were not seen to leave it, or left it only; who was at no gate is neither."""
    rows = lake.open(Movements, measure.MOVEMENTS, key)
    ends = rows.with_columns(pl.col("track_id").replace(joined)).group_by("track_id", "junction_id")
    entered, left = (pl.col(f"{end}_line_id").is_not_null().any() for end in ("entry", "exit"))
    return ends.agg(is_half=entered != left).filter("is_half")["track_id"]


def _chains(lake: Lake, key: RecordingKey) -> dict[int, int]:
    """Fragment -> the track it was joined to."""
    if not lake.has(georeference.STITCHES, key):
        return {}
    rows = lake.open(Stitches, georeference.STITCHES, key)
    return dict(zip(rows["track_id"].to_list(), rows["joined_track_id"].to_list(), strict=True))
