"""Agents in one installation: their files and versions, their runs, and what others say of those."""
