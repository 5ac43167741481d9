"""Turns a `Release` into immutable files that a dashboard reads and an agency downloads.

Keep out anything that decides what may be released (``privacy``) and anything that reads the
warehouse (``stages``, ``privacy``).
"""
