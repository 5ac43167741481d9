"""Metres: pure functions over tables, with the site and its calibration beside them.

Put here what turns tracks in pixels into positions, crossings and densities on the ground, and the
formulas planners ask for, each with its unit and its source. Keep out input and output, clocks and
SQL (``pipelines``) and frames (``detectors``).
"""
