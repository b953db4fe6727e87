"""Runs, deployments, workers, and how far each has come."""
