"""OpenTelemetry's protocol, outwards: spans of runs to a collector."""

from gainful.connectors.otlp.exporter import Exported, Exporter, TracesRefused

__all__ = ["Exported", "Exporter", "TracesRefused"]
