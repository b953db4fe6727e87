"""Runs: which there were, why each thing was done, and a replay."""
