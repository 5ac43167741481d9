-- Every released row of queues for one site.
SELECT * FROM read_parquet($queues) WHERE site_id = $site_id;
