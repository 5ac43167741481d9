-- Whether migrations have been numbered in this warehouse yet.
SELECT count(*) > 0 FROM duckdb_tables() WHERE table_name = 'schema_version';
