"""One verb per module: each takes what it needs plus settings, lake and audit, and returns a report.

A stage run twice changes nothing the second time. Keep Dagster and the command line out.
"""
