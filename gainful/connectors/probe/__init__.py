"""Asks slots itself, and counts what they answer."""

from gainful.connectors.probe.metrics import Probe, ProbeMetrics

__all__ = ["Probe", "ProbeMetrics"]
