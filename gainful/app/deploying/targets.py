"""Deploy targets by the kind that settings name."""

from __future__ import annotations

from gainful.app.deploying.services import TargetMaker

TARGETS: dict[str, TargetMaker] = {}
"""Makers by kind; each imports its connector when it is called."""
