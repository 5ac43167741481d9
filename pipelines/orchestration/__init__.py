"""Dagster: assets, checks, partitions, schedules and sensors around the stages, and nothing else.

An asset resolves its partition, calls one stage and hands the report on. Keep frames, tables and SQL
out, and do not postpone annotations: Dagster reads them.
"""
