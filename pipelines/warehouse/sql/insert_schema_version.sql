-- One migration.
INSERT INTO schema_version VALUES ($version, $migration, now());
