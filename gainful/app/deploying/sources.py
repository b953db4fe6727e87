"""Sources of metrics by the kind that settings name."""

from __future__ import annotations

from gainful.app.deploying.services import SourceMaker

SOURCES: dict[str, SourceMaker] = {}
"""Makers by kind; each imports its connector when it is called."""
