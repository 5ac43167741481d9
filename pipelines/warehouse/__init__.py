"""The restricted DuckDB warehouse: aggregates only, nothing per track, one writer at a time.

All SQL that writes, and the SQL a release is read with, lies in ``sql/``, one statement per file; what
makes the tables lies in ``migrations/``. Values are bound, never formatted into a statement.
"""
