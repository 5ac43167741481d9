-- Every released row of speed_histogram for one site.
SELECT * FROM read_parquet($speed_histogram) WHERE site_id = $site_id;
