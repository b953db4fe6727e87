"""Benchmarks, one file each: `python -m bench.NAME [--quick] [--data DIR] --json FILE`. The product imports none."""
