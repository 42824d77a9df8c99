"""Measurements, each a script: `python -m benchmarks.NAME`, or `make bench` for all of them.

`baselines/` holds what the product is compared with, `load.py` who talks to either.
"""
