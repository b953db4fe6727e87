"""Triage, as people ask for it."""
