"""Servers of others, asked from this command line."""
