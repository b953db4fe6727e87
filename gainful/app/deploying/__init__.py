"""Deployments put together: services by their settings, plans, durable runs, and what people can ask of them."""
