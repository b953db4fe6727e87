"""HTTP API and console; thin."""
