-- Grain: one thing to know about a site in a half-open stretch of time; an open end is NULL.
CREATE TABLE IF NOT EXISTS annotations (
    site_id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    start_utc TIMESTAMPTZ NOT NULL,
    end_utc TIMESTAMPTZ,
    text VARCHAR NOT NULL
);
