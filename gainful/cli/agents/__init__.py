"""Agents and what they can be given: make, look at, run, try."""
