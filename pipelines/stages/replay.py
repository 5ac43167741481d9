"""Another tool's boxes through Passant's own tracking and counting, without a video or a model.

Nothing is written: this is for comparing tools, and for deciding whether to bring a camera over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import dataframely as dy
import polars as pl

from detectors.foreign_boxes import ForeignBoxes, InterchangeError, join
from detectors.interchange import read_mot, to_tracks, track_boxes
from detectors.opentrafficcam import read_all
from detectors.tracks import Tracks
from geo.crossings import Crossings, ground_crossings, image_crossings
from geo.georeference import georeference
from geo.movements import Movements, junction_movements
from geo.site import Site


@dataclass(frozen=True)
class Replay:
    """What the boxes amount to at a camera."""

    tracks: dy.DataFrame[Tracks]
    crossings: dy.DataFrame[Crossings]
    movements: dy.DataFrame[Movements]


def replay(
    files: Sequence[Path],
    site: Site,
    camera_id: str,
    *,
    follow_anew: bool = False,
    start_utc: datetime | None = None,
    fps: float | None = None,
) -> Replay:
    """Counts the boxes of ``.otdet``, ``.ottrk`` or MOTChallenge ``.txt`` files at a camera of a site.

    Args:
        files: of one kind, in order of time; they are taken as one recording.
        site: with lines and junctions.
        camera_id: the camera whose pictures the boxes lie in.
        follow_anew: whether Passant's tracker follows the boxes even where the files hold tracks.
        start_utc: time of the first frame; MOTChallenge files hold none.
        fps: frames per second; MOTChallenge files need it.

    Raises:
        InterchangeError, SiteError: naming the file, the field and the fix.
    """
    camera = site.camera(camera_id)
    foreign = _read(files, fps)
    if foreign.size_px and foreign.size_px != camera.size_px:
        raise InterchangeError(
            f"{files[0]}: metadata.video: pictures of {foreign.size_px}, but {camera_id} has {camera.size_px}. "
            "Choose the camera the boxes come from."
        )
    is_tracked = foreign.boxes["track"].is_not_null().any() and not follow_anew
    tracks = (to_tracks if is_tracked else track_boxes)(foreign, recording_id=files[0].stem, start_utc=start_utc)
    found = [image_crossings(tracks, site.lines_of(camera_id, "image"))]
    if calibration := site.calibrations.get(camera_id):
        trajectories = georeference(tracks, camera, calibration).trajectories
        found.append(ground_crossings(trajectories, site.lines_of(camera_id, "ground")))
    crossings = Crossings.validate(pl.concat(found))
    return Replay(tracks, crossings, junction_movements(tracks, crossings, site.junctions_of(camera_id)))


def _read(files: Sequence[Path], fps: float | None) -> ForeignBoxes:
    endings = {path.suffix for path in files}
    if endings <= {".otdet", ".ottrk"}:
        return read_all(files)
    if endings == {".txt"} and fps:
        return join([read_mot(path, fps=fps) for path in files])
    wanted = "frames per second (fps)" if endings == {".txt"} else "an .otdet, .ottrk or MOTChallenge .txt file"
    raise InterchangeError(f"{files[0]}: cannot be replayed as it is. Give {wanted}.")
