"""Secrets at rest, and the keys that seal and sign."""
