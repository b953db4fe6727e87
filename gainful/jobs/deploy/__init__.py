"""Deployments: planned, judged, applied, watched, and rolled back by themselves."""
