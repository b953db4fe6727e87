"""Prometheus as a source of metrics: three queries a slot."""

from gainful.connectors.prometheus.metrics import PrometheusMetrics, Queries

__all__ = ["PrometheusMetrics", "Queries"]
