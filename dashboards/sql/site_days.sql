-- Grain: site x local day x direction x class over all lines of the site, once for a whole release.
CREATE TABLE site_days AS
SELECT
    site_id,
    day,
    direction,
    road_user,
    sum(count)::BIGINT AS count,
    sum(coverage) AS coverage,
    count(*) AS lines
FROM read_parquet($flow_daily)
GROUP BY ALL;
