"""Deployments put together: services by their settings, plans, durable runs, and what people can ask of them."""

from gainful.app.deploying.deployments import Deployments, Status

__all__ = ["Deployments", "Status"]
