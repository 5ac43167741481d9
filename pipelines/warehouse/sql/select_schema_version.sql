-- The last migration that this warehouse has had.
SELECT max(version) FROM schema_version;
