"""Pixels: the only room that may hold a frame.

Put here what opens a recording, finds road users in its frames and follows them from frame to
frame. Keep out anything measured in metres (``geo``), anything that reads or writes a table on
disk (``pipelines``) and anything that remembers a person beyond one recording (nowhere).
"""
