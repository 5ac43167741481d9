-- The macros of create_macros, for the one site and the days that are held.
CREATE OR REPLACE TEMP MACRO observed_quarters(of_site_id, of_days) AS TABLE FROM held_quarters;
CREATE OR REPLACE TEMP MACRO observed_on_lines(of_site_id, of_days) AS TABLE FROM held_lines;
CREATE OR REPLACE TEMP MACRO observed_in_zones(of_site_id, of_days) AS TABLE FROM held_zones;
