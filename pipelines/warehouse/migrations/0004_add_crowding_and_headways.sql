-- Standards that grade flow instead of space, how crowded a zone was for those in it, and how closely vehicles follow
-- each other. What was loaded before has no crowding and no headways: they are not known, and never 0.
ALTER TABLE service_levels ADD COLUMN quantity VARCHAR;
ALTER TABLE service_levels ADD COLUMN up_to_per_min_m DOUBLE;
UPDATE service_levels SET quantity = 'space';
ALTER TABLE zone_occupancy_contributions ADD COLUMN voronoi_s_per_m2 DOUBLE;
ALTER TABLE zone_occupancy_contributions ADD COLUMN peak_per_m2 DOUBLE;
ALTER TABLE speed_contributions ADD COLUMN headways BIGINT;
ALTER TABLE speed_contributions ADD COLUMN headway_s DOUBLE;
ALTER TABLE speed_contributions ADD COLUMN gaps BIGINT;
ALTER TABLE speed_contributions ADD COLUMN gap_s DOUBLE;
ALTER TABLE speed_contributions ADD COLUMN close BIGINT;
