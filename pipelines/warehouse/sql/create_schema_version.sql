-- Grain: one migration that this warehouse has had.
CREATE TABLE schema_version (
    version INTEGER NOT NULL,
    name VARCHAR NOT NULL,
    applied_utc TIMESTAMPTZ NOT NULL
);
