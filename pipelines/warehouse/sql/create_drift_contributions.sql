-- Grain: one recording of a calibrated camera, compared with the camera's reference.
CREATE TABLE IF NOT EXISTS drift_contributions (
    recording_id VARCHAR NOT NULL,
    site_id VARCHAR NOT NULL,
    camera_id VARCHAR NOT NULL,
    day DATE NOT NULL,
    keypoints BIGINT NOT NULL,
    drift_px DOUBLE,
    drift_m DOUBLE,
    is_drifted BOOLEAN
);
