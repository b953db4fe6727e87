"""Counts requests, errors and times in the log file of each slot."""

from gainful.connectors.logs.metrics import LogMetrics, Patterns
from gainful.connectors.logs.tail import Tail

__all__ = ["LogMetrics", "Patterns", "Tail"]
