"""Deployments: planned, judged, approved, carried out, watched, and told."""
