-- A warehouse of the time before migrations were numbered: its tables, and a day of one site in them.

CREATE TABLE annotations (
    site_id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    start_utc TIMESTAMPTZ NOT NULL,
    end_utc TIMESTAMPTZ,
    text VARCHAR NOT NULL
);

CREATE TABLE calibration_sigma (
    site_id VARCHAR NOT NULL,
    camera_id VARCHAR NOT NULL,
    x_px DOUBLE NOT NULL,
    y_px DOUBLE NOT NULL,
    east_m DOUBLE NOT NULL,
    north_m DOUBLE NOT NULL,
    sigma_m DOUBLE NOT NULL,
    is_trusted BOOLEAN NOT NULL
);

CREATE TABLE calibrations (
    site_id VARCHAR NOT NULL,
    camera_id VARCHAR NOT NULL,
    points INTEGER NOT NULL,
    leave_one_out_rmse_m DOUBLE NOT NULL,
    in_sample_rmse_m DOUBLE NOT NULL,
    variance_factor DOUBLE NOT NULL,
    hull_m2 DOUBLE NOT NULL,
    hull_wkt VARCHAR NOT NULL,
    camera_height_m DOUBLE,
    focal_px DOUBLE,
    warnings VARCHAR,
    calibration_note VARCHAR
);

CREATE TABLE conflict_contributions (
    recording_id VARCHAR NOT NULL,
    zone_id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    road_user VARCHAR NOT NULL,
    other_road_user VARCHAR NOT NULL,
    interval_start_utc TIMESTAMPTZ NOT NULL,
    conflicts BIGINT NOT NULL,
    not_measured BIGINT NOT NULL,
    ttc_below_1_0_s BIGINT NOT NULL,
    ttc_below_1_5_s BIGINT NOT NULL,
    ttc_below_3_0_s BIGINT NOT NULL,
    pet_below_1_0_s BIGINT NOT NULL,
    pet_below_1_5_s BIGINT NOT NULL,
    pet_below_5_0_s BIGINT NOT NULL,
    drac_above_3_4_m_s2 BIGINT NOT NULL,
    expected_ttc_below_1_5_s DOUBLE NOT NULL,
    expected_pet_below_1_5_s DOUBLE NOT NULL,
    unmeasurable VARCHAR
);

CREATE TABLE counting_lines (
    line_id VARCHAR NOT NULL,
    site_id VARCHAR NOT NULL,
    camera_id VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    space VARCHAR NOT NULL,
    forward VARCHAR NOT NULL,
    backward VARCHAR NOT NULL,
    path_wkt VARCHAR NOT NULL,
    path_lonlat_wkt VARCHAR,
    calibration_note VARCHAR
);

CREATE TABLE coverage_contributions (
    recording_id VARCHAR NOT NULL,
    camera_id VARCHAR NOT NULL,
    road_user VARCHAR NOT NULL,
    interval_start_utc TIMESTAMPTZ NOT NULL,
    observed_s DOUBLE NOT NULL
);

CREATE TABLE discharge_contributions (
    recording_id VARCHAR NOT NULL,
    line_id VARCHAR NOT NULL,
    direction VARCHAR NOT NULL,
    interval_start_utc TIMESTAMPTZ NOT NULL,
    queues BIGINT NOT NULL,
    vehicles BIGINT NOT NULL,
    first_four_s DOUBLE NOT NULL,
    saturated BIGINT NOT NULL,
    saturated_s DOUBLE NOT NULL
);

CREATE TABLE drift_contributions (
    recording_id VARCHAR NOT NULL,
    site_id VARCHAR NOT NULL,
    camera_id VARCHAR NOT NULL,
    day DATE NOT NULL,
    keypoints BIGINT NOT NULL,
    drift_px DOUBLE,
    drift_m DOUBLE,
    is_drifted BOOLEAN
);

CREATE TABLE dwell_contributions (
    recording_id VARCHAR NOT NULL,
    zone_id VARCHAR NOT NULL,
    road_user VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    interval_start_utc TIMESTAMPTZ NOT NULL,
    up_to_s DOUBLE NOT NULL,
    ended BIGINT NOT NULL,
    censored BIGINT NOT NULL,
    start_unseen BIGINT NOT NULL
);

CREATE TABLE flow_contributions (
    recording_id VARCHAR NOT NULL,
    line_id VARCHAR NOT NULL,
    direction VARCHAR NOT NULL,
    road_user VARCHAR NOT NULL,
    interval_start_utc TIMESTAMPTZ NOT NULL,
    count BIGINT NOT NULL
);

CREATE TABLE junctions (
    junction_id VARCHAR NOT NULL,
    site_id VARCHAR NOT NULL,
    camera_id VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    gates VARCHAR NOT NULL,
    calibration_note VARCHAR
);

CREATE TABLE line_certificates (
    site_id VARCHAR NOT NULL,
    camera_id VARCHAR NOT NULL,
    line_id VARCHAR NOT NULL,
    px_per_m DOUBLE,
    sigma_m DOUBLE,
    trusted_share DOUBLE NOT NULL,
    visible_share DOUBLE NOT NULL
);

CREATE TABLE loads (
    recording_id VARCHAR NOT NULL,
    site_id VARCHAR NOT NULL,
    camera_id VARCHAR NOT NULL,
    day DATE NOT NULL,
    start_utc TIMESTAMPTZ NOT NULL,
    end_utc TIMESTAMPTZ NOT NULL,
    expected_s DOUBLE NOT NULL,
    observed_s DOUBLE NOT NULL,
    crossings BIGINT NOT NULL,
    has_positions BOOLEAN NOT NULL,
    detector VARCHAR NOT NULL,
    detector_digest VARCHAR NOT NULL,
    site_version VARCHAR NOT NULL,
    leave_one_out_rmse_m DOUBLE,
    calibration_note VARCHAR,
    digest VARCHAR NOT NULL,
    revision INTEGER NOT NULL
);

CREATE TABLE movement_contributions (
    recording_id VARCHAR NOT NULL,
    junction_id VARCHAR NOT NULL,
    entry_line_id VARCHAR,
    exit_line_id VARCHAR,
    road_user VARCHAR NOT NULL,
    interval_start_utc TIMESTAMPTZ NOT NULL,
    count BIGINT NOT NULL
);

CREATE TABLE occupancy_contributions (
    recording_id VARCHAR NOT NULL,
    camera_id VARCHAR NOT NULL,
    road_user VARCHAR NOT NULL,
    interval_start_utc TIMESTAMPTZ NOT NULL,
    cell_x INTEGER NOT NULL,
    cell_y INTEGER NOT NULL,
    presence_s DOUBLE NOT NULL,
    dx_m DOUBLE NOT NULL,
    dy_m DOUBLE NOT NULL,
    way_m DOUBLE NOT NULL
);

CREATE TABLE queue_contributions (
    recording_id VARCHAR NOT NULL,
    zone_id VARCHAR NOT NULL,
    interval_start_utc TIMESTAMPTZ NOT NULL,
    vehicles INTEGER NOT NULL,
    length_m INTEGER NOT NULL,
    duration_s DOUBLE NOT NULL,
    unmeasurable VARCHAR
);

CREATE TABLE service_levels (
    standard VARCHAR NOT NULL,
    rank INTEGER NOT NULL,
    letter VARCHAR NOT NULL,
    up_to_per_m2 DOUBLE,
    includes_bound BOOLEAN NOT NULL,
    is_verified BOOLEAN NOT NULL,
    limit_per_m2 DOUBLE NOT NULL
);

CREATE TABLE sites (
    site_id VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    time_zone VARCHAR NOT NULL,
    crs VARCHAR,
    origin_lon DOUBLE,
    origin_lat DOUBLE,
    is_simulated BOOLEAN NOT NULL,
    site_version VARCHAR NOT NULL,
    plan_geojson VARCHAR,
    overlapping_views VARCHAR
);

CREATE TABLE speed_contributions (
    recording_id VARCHAR NOT NULL,
    line_id VARCHAR NOT NULL,
    direction VARCHAR NOT NULL,
    road_user VARCHAR NOT NULL,
    interval_start_utc TIMESTAMPTZ NOT NULL,
    bin_km_h INTEGER NOT NULL,
    n BIGINT NOT NULL,
    free BIGINT NOT NULL,
    speed_m_s DOUBLE NOT NULL,
    slowness_s_m DOUBLE NOT NULL,
    variance_m2_s2 DOUBLE NOT NULL,
    unmeasurable VARCHAR
);

CREATE TABLE verdicts (
    site_id VARCHAR NOT NULL,
    day DATE NOT NULL,
    check_name VARCHAR NOT NULL,
    is_passed BOOLEAN NOT NULL,
    details VARCHAR NOT NULL
);

CREATE TABLE weather (
    site_id VARCHAR NOT NULL,
    hour_start_utc TIMESTAMPTZ NOT NULL,
    temperature_c DOUBLE NOT NULL,
    precipitation_mm DOUBLE NOT NULL
);

CREATE TABLE zone_balance_contributions (
    recording_id VARCHAR NOT NULL,
    zone_id VARCHAR NOT NULL,
    road_user VARCHAR NOT NULL,
    interval_start_utc TIMESTAMPTZ NOT NULL,
    entries BIGINT NOT NULL,
    exits BIGINT NOT NULL,
    births BIGINT NOT NULL,
    deaths BIGINT NOT NULL,
    gaps BIGINT NOT NULL,
    gap_s DOUBLE NOT NULL,
    stationary_s DOUBLE NOT NULL
);

CREATE TABLE zone_occupancy_contributions (
    recording_id VARCHAR NOT NULL,
    zone_id VARCHAR NOT NULL,
    road_user VARCHAR NOT NULL,
    interval_start_utc TIMESTAMPTZ NOT NULL,
    presence_s DOUBLE NOT NULL,
    dx_m DOUBLE NOT NULL,
    dy_m DOUBLE NOT NULL,
    way_m DOUBLE NOT NULL
);

CREATE TABLE zones (
    zone_id VARCHAR NOT NULL,
    site_id VARCHAR NOT NULL,
    camera_id VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    purpose VARCHAR NOT NULL,
    area_m2 DOUBLE NOT NULL,
    outline_m VARCHAR NOT NULL,
    outline_lonlat VARCHAR NOT NULL,
    calibration_note VARCHAR
);

INSERT INTO sites BY NAME
SELECT 's' AS site_id, 'Square' AS name, 'Europe/Berlin' AS time_zone, true AS is_simulated, 'v1' AS site_version;

INSERT INTO counting_lines BY NAME
SELECT 'l' AS line_id, 's' AS site_id, 'pole' AS camera_id, 'Line' AS name, 'image' AS space, 'in' AS forward, 'out' AS backward, '' AS path_wkt;

-- One recording over midnight: 23:30 on the first of June to 00:30 on the second, in Berlin.
INSERT INTO loads BY NAME
SELECT
    'r' AS recording_id,
    's' AS site_id,
    'pole' AS camera_id,
    DATE '2026-06-01' AS day,
    TIMESTAMPTZ '2026-06-01 21:30:00+00' AS start_utc,
    TIMESTAMPTZ '2026-06-01 22:30:00+00' AS end_utc,
    3600 AS expected_s,
    3600 AS observed_s,
    5 AS crossings,
    false AS has_positions,
    'a.pt at 640 px, fp32, cpu' AS detector,
    'd' AS detector_digest,
    'v1' AS site_version,
    'x' AS digest,
    2 AS revision;

INSERT INTO coverage_contributions
SELECT 'r', 'pole', 'car', unnest(range(TIMESTAMPTZ '2026-06-01 21:30:00+00', TIMESTAMPTZ '2026-06-01 22:30:00+00', INTERVAL 15 MINUTE)), 900;

INSERT INTO flow_contributions VALUES ('r', 'l', 'forward', 'car', TIMESTAMPTZ '2026-06-01 21:30:00+00', 5);

INSERT INTO verdicts VALUES
    ('s', DATE '2026-06-01', 'coverage', true, ''),
    ('s', DATE '2026-06-02', 'coverage', true, '');
