"""Releases in folders on one machine, in two slots behind a balancer."""

from gainful.connectors.releases.config import ReleasesSettings
from gainful.connectors.releases.opening import open_releases
from gainful.connectors.releases.target import ReleasesTarget

__all__ = ["ReleasesSettings", "ReleasesTarget", "open_releases"]
