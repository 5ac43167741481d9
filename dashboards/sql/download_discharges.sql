-- Every released row of discharges for one site.
SELECT * FROM read_parquet($discharges) WHERE site_id = $site_id;
