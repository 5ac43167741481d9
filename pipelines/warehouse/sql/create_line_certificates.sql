-- Grain: one counting line on the ground.
CREATE TABLE IF NOT EXISTS line_certificates (
    site_id VARCHAR NOT NULL,
    camera_id VARCHAR NOT NULL,
    line_id VARCHAR NOT NULL,
    px_per_m DOUBLE,
    sigma_m DOUBLE,
    trusted_share DOUBLE NOT NULL,
    visible_share DOUBLE NOT NULL
);
