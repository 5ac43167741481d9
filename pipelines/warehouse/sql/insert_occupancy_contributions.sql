-- The cells of recordings (new_rows, with their camera_id).
INSERT INTO occupancy_contributions BY NAME
SELECT
    recording_id,
    camera_id,
    road_user::VARCHAR AS road_user,
    interval_start_utc,
    cell_x,
    cell_y,
    presence_s,
    dx_m,
    dy_m,
    way_m
FROM new_rows;
