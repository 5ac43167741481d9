-- Standards that grade flow instead of space, and how crowded a zone was for those in it. What was loaded before
-- has no crowding: it is not known, and never 0.
ALTER TABLE service_levels ADD COLUMN quantity VARCHAR;
ALTER TABLE service_levels ADD COLUMN up_to_per_min_m DOUBLE;
UPDATE service_levels SET quantity = 'space';
ALTER TABLE zone_occupancy_contributions ADD COLUMN voronoi_s_per_m2 DOUBLE;
ALTER TABLE zone_occupancy_contributions ADD COLUMN peak_per_m2 DOUBLE;
