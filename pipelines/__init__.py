"""Tables, time and rules: reads, calls the other rooms, writes, audits.

Put here what decides where a table lies, who may see it and when it is made. Keep out frames and
models (``detectors``), formulas in metres (``geo``) and pictures (``dashboards``).
"""
