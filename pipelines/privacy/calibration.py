"""The planner tier's tables of how good metres are: about cameras and places, not about anybody."""

from __future__ import annotations

import dataframely as dy

from pipelines.privacy import columns


class Calibrations(dy.Schema):
    """Calibrated cameras: what their metres rest on and how good they are."""

    site_id = columns.site()
    camera_id = columns.camera(primary_key=True)
    points = columns.small("Number of control points; 8 or more are advised.", min=4)
    leave_one_out_rmse_m = columns.number(
        "Error at the control points, each left out of the fit in turn, in metres: the one to judge by.", min=0
    )
    in_sample_rmse_m = columns.number(
        "Residual at the fitted points in metres; it falls with fewer points, while the true error rises.", min=0
    )
    variance_factor = columns.number(
        "How much more the points disagree than their stated errors allow, as a ratio of variances; 1: as stated.",
        min=1,
    )
    hull_m2 = columns.number("Area between the control points, in m2; numbers outside it are extrapolated.", min=0)
    hull_wkt = columns.text("Outline of that area, longitude and latitude in WGS84, as well-known text.")
    camera_height_m = columns.number(
        "Height of the camera above ground, in metres; empty: cannot be told.", nullable=True
    )
    focal_px = columns.number("Focal length in pixels, given or found; empty: cannot be told.", nullable=True)
    warnings = columns.text("What should be better; empty: nothing.", nullable=True)
    calibration_note = columns.note("What must be known about metres from this camera.")
    is_simulated = columns.is_simulated()


class CalibrationSigma(dy.Schema):
    """Error of a pedestrian's place in one frame, on a grid over each calibrated camera's picture."""

    site_id = columns.site()
    camera_id = columns.camera(primary_key=True)
    x_px = columns.number("Pixel, from the left.", primary_key=True)
    y_px = columns.number("Pixel, from the top.", primary_key=True)
    east_m = columns.number("Metres east of the site's origin.")
    north_m = columns.number("Metres north of the site's origin.")
    sigma_m = columns.number("Standard deviation along the worst direction, in metres.", min=0)
    is_trusted = columns.flag("Whether the place lies between the control points.")
    is_simulated = columns.is_simulated()


class LineCertificates(dy.Schema):
    """What each counting line on the ground rests on."""

    site_id = columns.site()
    camera_id = columns.camera()
    line_id = columns.text("The counting line.", primary_key=True)
    px_per_m = columns.number(
        "Fewest pixels that a metre facing the camera has on it; empty: not in view.", nullable=True
    )
    sigma_m = columns.number(
        "Largest error of a pedestrian's place on it, in metres; empty: not in view.", nullable=True
    )
    trusted_share = columns.number("Share of it between the control points, 0 to 1.", min=0, max=1)
    visible_share = columns.number("Share of it in front of the camera, 0 to 1.", min=0, max=1)
    is_simulated = columns.is_simulated()


class CameraDrift(dy.Schema):
    """Whether cameras still look where they were calibrated, per camera and local day."""

    site_id = columns.site()
    camera_id = columns.camera(primary_key=True)
    day = columns.day("Local day on which the recordings start.", primary_key=True)
    recordings = columns.whole("Recordings looked at.", min=1)
    coverage = columns.number("Share of these that resemble the reference enough to tell, 0 to 1.", min=0, max=1)
    status = columns.status()
    revision = columns.revision()
    detector = columns.detector()
    site_version = columns.site_version()
    drift_px = columns.number("Largest shift against the reference, in pixels; empty: cannot be told.", nullable=True)
    drift_m = columns.number(
        "The same on the ground, in metres, as the median over the control points' hull.", nullable=True
    )
    is_drifted = columns.flag("Whether it exceeds 0.25 m; empty: cannot be told.", nullable=True)
    is_simulated = columns.is_simulated()


PER_DAY: dict[str, type[dy.Schema]] = {"camera_drift": CameraDrift}
DIMENSIONS: dict[str, type[dy.Schema]] = {
    "calibrations": Calibrations,
    "calibration_sigma": CalibrationSigma,
    "line_certificates": LineCertificates,
}
