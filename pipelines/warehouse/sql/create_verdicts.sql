-- Grain: one check of one site and local day. A day is released only when all its checks passed.
CREATE TABLE IF NOT EXISTS verdicts (
    site_id VARCHAR NOT NULL,
    day DATE NOT NULL,
    check_name VARCHAR NOT NULL,
    is_passed BOOLEAN NOT NULL,
    details VARCHAR NOT NULL
);
