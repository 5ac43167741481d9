"""Pictures: shows one release, read-only, and nothing else.

Put here what a planner sees. Keep out everything restricted: this room imports no other room and its
process cannot open a restricted file (``wall.py``).
"""
