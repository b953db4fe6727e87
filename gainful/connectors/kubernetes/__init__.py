"""A service on Kubernetes, as a deploy target."""

from gainful.connectors.kubernetes.cluster import Cluster
from gainful.connectors.kubernetes.config import KubernetesSettings
from gainful.connectors.kubernetes.target import KubernetesTarget

__all__ = ["Cluster", "KubernetesSettings", "KubernetesTarget"]
