"""Settings of the target: `target = { kind = "kubernetes", … }`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator

from gainful.sdk.deploy_settings import TargetSettings

# RFC 1123 labels; `-canary` has to fit behind the name.
Name = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]{0,50}[a-z0-9])?$")]


class KubernetesSettings(TargetSettings):
    """One Deployment of one cluster.

    Args:
        deployment: Its name; it has to be there.
        container: Of its containers, the one whose image a release is.
        image: With `{commit}`, `{short}` (its first 12 letters) or `{release}`: where a release's image lies.
        namespace: Of the Deployment.
        kubeconfig: File with the way to the cluster; kubectl's usual one where none is named.
        context: In that file; its current one where none is named.
        in_cluster: Gainful runs in the cluster itself, and signs in by its service account.
        seconds: How long a rollout may take.
    """

    deployment: Name
    container: Name
    image: str = Field(min_length=1, max_length=400)
    namespace: Name = "default"
    kubeconfig: Path | None = None
    context: str = ""
    in_cluster: bool = False
    seconds: float = Field(default=600, gt=0, le=86400)

    @field_validator("image")
    @classmethod
    def _names_the_release(cls, image: str) -> str:
        if not any(name in image for name in ("{commit}", "{short}", "{release}")):
            raise ValueError("must hold {commit}, {short} or {release}, or every release would be the same image")
        return image
