"""Benchmarks: one file each, `python -m bench.NAME [--quick] [--data DIR] --json FILE`. Nothing of the product imports them."""
