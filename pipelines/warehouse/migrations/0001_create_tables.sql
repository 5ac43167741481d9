-- The tables as they were before migrations were numbered; a warehouse from that time has them already.

-- Grain: one thing to know about a site in a half-open stretch of time; an open end is NULL.
CREATE TABLE IF NOT EXISTS annotations (
    site_id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    start_utc TIMESTAMPTZ NOT NULL,
    end_utc TIMESTAMPTZ,
    text VARCHAR NOT NULL
);

-- Grain: one place on a grid over a calibrated camera's picture.
CREATE TABLE IF NOT EXISTS calibration_sigma (
    site_id VARCHAR NOT NULL,
    camera_id VARCHAR NOT NULL,
    x_px DOUBLE NOT NULL,
    y_px DOUBLE NOT NULL,
    east_m DOUBLE NOT NULL,
    north_m DOUBLE NOT NULL,
    sigma_m DOUBLE NOT NULL,
    is_trusted BOOLEAN NOT NULL
);

-- Grain: one calibrated camera, as of the last load that touched its site.
CREATE TABLE IF NOT EXISTS calibrations (
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

-- Grain: recording x zone x type x pair of classes x quarter-hour in which conflicts were found.
CREATE TABLE IF NOT EXISTS conflict_contributions (
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

-- Grain: one counting line, as of the last load of its site. Its path as well-known text, in pixels
-- (space 'image') or in site-local metres and WGS84 (space 'ground').
CREATE TABLE IF NOT EXISTS counting_lines (
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

-- Grain: recording x class x quarter-hour. Seconds in which the recording was observed by a detector
-- that can tell the class.
CREATE TABLE IF NOT EXISTS coverage_contributions (
    recording_id VARCHAR NOT NULL,
    camera_id VARCHAR NOT NULL,
    road_user VARCHAR NOT NULL,
    interval_start_utc TIMESTAMPTZ NOT NULL,
    observed_s DOUBLE NOT NULL
);

-- Grain: recording x stop line x direction x quarter-hour in which queues flowed off.
CREATE TABLE IF NOT EXISTS discharge_contributions (
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

-- Grain: recording x zone x class x kind (presence, stationary) x quarter-hour of the start x class of
-- duration; numbers of stays and stops.
CREATE TABLE IF NOT EXISTS dwell_contributions (
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

-- Grain: recording x line x direction x class x quarter-hour in which somebody crossed.
CREATE TABLE IF NOT EXISTS flow_contributions (
    recording_id VARCHAR NOT NULL,
    line_id VARCHAR NOT NULL,
    direction VARCHAR NOT NULL,
    road_user VARCHAR NOT NULL,
    interval_start_utc TIMESTAMPTZ NOT NULL,
    count BIGINT NOT NULL
);

-- Grain: one junction, as of the last load of its site.
CREATE TABLE IF NOT EXISTS junctions (
    junction_id VARCHAR NOT NULL,
    site_id VARCHAR NOT NULL,
    camera_id VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    gates VARCHAR NOT NULL,
    calibration_note VARCHAR
);

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

-- Grain: one recording whose contributions are in the warehouse, and where they come from.
-- has_positions tells whether its road users were placed on the ground, which densities rest on.
CREATE TABLE IF NOT EXISTS loads (
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

-- Grain: recording x junction x entry x exit x class x quarter-hour of the entry. A gate is NULL where
-- the track began or ended inside.
CREATE TABLE IF NOT EXISTS movement_contributions (
    recording_id VARCHAR NOT NULL,
    junction_id VARCHAR NOT NULL,
    entry_line_id VARCHAR,
    exit_line_id VARCHAR,
    road_user VARCHAR NOT NULL,
    interval_start_utc TIMESTAMPTZ NOT NULL,
    count BIGINT NOT NULL
);

-- Grain: recording x cell x class x quarter-hour in which somebody was there (Edie sums).
CREATE TABLE IF NOT EXISTS occupancy_contributions (
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

-- Grain: recording x queue zone x quarter-hour x size of the queue that stood there.
CREATE TABLE IF NOT EXISTS queue_contributions (
    recording_id VARCHAR NOT NULL,
    zone_id VARCHAR NOT NULL,
    interval_start_utc TIMESTAMPTZ NOT NULL,
    vehicles INTEGER NOT NULL,
    length_m INTEGER NOT NULL,
    duration_s DOUBLE NOT NULL,
    unmeasurable VARCHAR
);

-- Grain: letter of one standard of level of service, from best to worst (rank). It holds for densities
-- up to its bound, and on the bound itself where includes_bound says so; the worst letter has no bound.
CREATE TABLE IF NOT EXISTS service_levels (
    standard VARCHAR NOT NULL,
    rank INTEGER NOT NULL,
    letter VARCHAR NOT NULL,
    up_to_per_m2 DOUBLE,
    includes_bound BOOLEAN NOT NULL,
    is_verified BOOLEAN NOT NULL,
    limit_per_m2 DOUBLE NOT NULL
);

-- Grain: one site, as of the last load that touched it.
CREATE TABLE IF NOT EXISTS sites (
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

-- Grain: recording x line x direction x class x quarter-hour x speed bin of 1 km/h in which somebody crossed.
CREATE TABLE IF NOT EXISTS speed_contributions (
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

-- Grain: one check of one site and local day. A day is released only when all its checks passed.
CREATE TABLE IF NOT EXISTS verdicts (
    site_id VARCHAR NOT NULL,
    day DATE NOT NULL,
    check_name VARCHAR NOT NULL,
    is_passed BOOLEAN NOT NULL,
    details VARCHAR NOT NULL
);

-- Grain: one hour of weather at a site.
CREATE TABLE IF NOT EXISTS weather (
    site_id VARCHAR NOT NULL,
    hour_start_utc TIMESTAMPTZ NOT NULL,
    temperature_c DOUBLE NOT NULL,
    precipitation_mm DOUBLE NOT NULL
);

-- Grain: recording x zone x class x quarter-hour in which somebody came, left, was lost or stood.
CREATE TABLE IF NOT EXISTS zone_balance_contributions (
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

-- Grain: recording x zone x class x quarter-hour in which somebody was there (Edie sums).
CREATE TABLE IF NOT EXISTS zone_occupancy_contributions (
    recording_id VARCHAR NOT NULL,
    zone_id VARCHAR NOT NULL,
    road_user VARCHAR NOT NULL,
    interval_start_utc TIMESTAMPTZ NOT NULL,
    presence_s DOUBLE NOT NULL,
    dx_m DOUBLE NOT NULL,
    dy_m DOUBLE NOT NULL,
    way_m DOUBLE NOT NULL
);

-- Grain: one zone, as of the last load of its site. Outlines are JSON lists of corners.
CREATE TABLE IF NOT EXISTS zones (
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
