"""HAProxy through its control socket: weights of servers, and what each has answered."""

from gainful.connectors.haproxy.balancer import HAProxyBalancer
from gainful.connectors.haproxy.control import Control, ProxyInvalid, ProxyRefused, ProxyUnreachable, Server
from gainful.connectors.haproxy.metrics import ProxyMetrics

__all__ = [
    "Control",
    "HAProxyBalancer",
    "ProxyInvalid",
    "ProxyMetrics",
    "ProxyRefused",
    "ProxyUnreachable",
    "Server",
]
