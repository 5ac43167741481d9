"""The planner tier's tables of how good metres are: about cameras and places, not about anybody."""

from __future__ import annotations

from typing import Any

import dataframely as dy


def _text(description: str, **more: Any) -> dy.String:  # noqa: ANN401
    return dy.String(metadata={"description": description}, **more)


def _number(description: str, **more: Any) -> dy.Float64:  # noqa: ANN401
    return dy.Float64(metadata={"description": description}, **more)


def _flag(description: str, **more: Any) -> dy.Bool:  # noqa: ANN401
    return dy.Bool(metadata={"description": description}, **more)


def _site() -> dy.String:
    return _text("The site.", primary_key=True)


def _camera(**more: Any) -> dy.String:  # noqa: ANN401
    return _text("The camera.", **more)


class Calibrations(dy.Schema):
    """Calibrated cameras: what their metres rest on and how good they are."""

    site_id = _site()
    camera_id = _camera(primary_key=True)
    points = dy.Int32(min=4, metadata={"description": "Number of control points; 8 or more are advised."})
    leave_one_out_rmse_m = _number(
        "Error at the control points, each left out of the fit in turn, in metres: the one to judge by.", min=0
    )
    in_sample_rmse_m = _number(
        "Residual at the fitted points in metres; it falls with fewer points, while the true error rises.", min=0
    )
    variance_factor = _number(
        "How much more the points disagree than their stated errors allow, as a ratio of variances; 1: as stated.",
        min=1,
    )
    hull_m2 = _number("Area between the control points, in m2; numbers outside it are extrapolated.", min=0)
    hull_wkt = _text("Outline of that area, longitude and latitude in WGS84, as well-known text.")
    camera_height_m = _number("Height of the camera above ground, in metres; empty: cannot be told.", nullable=True)
    focal_px = _number("Focal length in pixels, given or found; empty: cannot be told.", nullable=True)
    warnings = _text("What should be better; empty: nothing.", nullable=True)
    calibration_note = _text("What must be known about metres from this camera.", nullable=True)
    is_simulated = _flag("Whether the footage was rendered and not filmed.")


class CalibrationSigma(dy.Schema):
    """Error of a pedestrian's place in one frame, on a grid over each calibrated camera's picture."""

    site_id = _site()
    camera_id = _camera(primary_key=True)
    x_px = _number("Pixel, from the left.", primary_key=True)
    y_px = _number("Pixel, from the top.", primary_key=True)
    east_m = _number("Metres east of the site's origin.")
    north_m = _number("Metres north of the site's origin.")
    sigma_m = _number("Standard deviation along the worst direction, in metres.", min=0)
    is_trusted = _flag("Whether the place lies between the control points.")
    is_simulated = _flag("Whether the footage was rendered and not filmed.")


class LineCertificates(dy.Schema):
    """What each counting line on the ground rests on."""

    site_id = _site()
    camera_id = _camera()
    line_id = _text("The counting line.", primary_key=True)
    px_per_m = _number("Fewest pixels that a metre facing the camera has on it; empty: not in view.", nullable=True)
    sigma_m = _number("Largest error of a pedestrian's place on it, in metres; empty: not in view.", nullable=True)
    trusted_share = _number("Share of it between the control points, 0 to 1.", min=0, max=1)
    visible_share = _number("Share of it in front of the camera, 0 to 1.", min=0, max=1)
    is_simulated = _flag("Whether the footage was rendered and not filmed.")


class CameraDrift(dy.Schema):
    """Whether cameras still look where they were calibrated, per camera and local day."""

    site_id = _site()
    camera_id = _camera(primary_key=True)
    day = dy.Date(primary_key=True, metadata={"description": "Local day on which the recordings start."})
    recordings = dy.Int64(min=1, metadata={"description": "Recordings looked at."})
    coverage = _number("Share of these that resemble the reference enough to tell, 0 to 1.", min=0, max=1)
    drift_px = _number("Largest shift against the reference, in pixels; empty: cannot be told.", nullable=True)
    drift_m = _number("The same on the ground, in metres, as the median over the control points' hull.", nullable=True)
    is_drifted = _flag("Whether it exceeds 0.25 m; empty: cannot be told.", nullable=True)
    is_simulated = _flag("Whether the footage was rendered and not filmed.")


PER_DAY: dict[str, type[dy.Schema]] = {"camera_drift": CameraDrift}
DIMENSIONS: dict[str, type[dy.Schema]] = {
    "calibrations": Calibrations,
    "calibration_sigma": CalibrationSigma,
    "line_certificates": LineCertificates,
}
