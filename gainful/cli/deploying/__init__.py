"""Deployments of services."""
