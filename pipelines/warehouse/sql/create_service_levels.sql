-- Grain: letter of one standard of level of service, from best to worst (rank). It holds for densities
-- up to its bound, and on the bound itself where includes_bound says so; the worst letter has no bound.
CREATE TABLE IF NOT EXISTS service_levels (
    standard VARCHAR NOT NULL,
    rank INTEGER NOT NULL,
    letter VARCHAR NOT NULL,
    up_to_per_m2 DOUBLE,
    includes_bound BOOLEAN NOT NULL,
    is_verified BOOLEAN NOT NULL,
    limit_per_m2 DOUBLE NOT NULL
);
