"""HAProxy: the weights of the slots of a service, and its own counters, through the control socket."""

from gainful.connectors.haproxy.balancer import HAProxyBalancer
from gainful.connectors.haproxy.socket import ControlSocket

__all__ = ["ControlSocket", "HAProxyBalancer"]
