-- A recording's cells (new_rows).
INSERT INTO occupancy_contributions BY NAME
SELECT
    recording_id,
    $camera_id AS camera_id,
    road_user::VARCHAR AS road_user,
    interval_start_utc,
    cell_x,
    cell_y,
    presence_s,
    dx_m,
    dy_m,
    way_m
FROM new_rows;
