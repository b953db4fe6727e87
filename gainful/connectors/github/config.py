"""Settings of the target: `target = { kind = "github", … }`."""

from __future__ import annotations

from pydantic import Field

from gainful.sdk.deploy_settings import TargetSettings


class GitHubTargetSettings(TargetSettings):
    """One environment of one repository on GitHub.

    Args:
        repository: `owner/name`; it has to be among those of `[github]`.
        environment: Its name there.
        workflow: File name of a workflow that is started for each deployment, such as `deploy.yml`; without one,
            whoever listens to the event `deployment` carries it out.
        branch: Where that workflow is read from.
        contexts: Checks that must be green; all of them where none is named, and none for an empty list.
        seconds: How long a deployment may take until it has succeeded.
    """

    repository: str = Field(pattern=r"^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$")
    environment: str = Field(default="production", min_length=1, max_length=255)
    workflow: str = Field(default="", pattern=r"^([\w-][\w.-]{0,100})?$")
    branch: str = Field(default="main", min_length=1, max_length=255)
    contexts: tuple[str, ...] | None = None
    seconds: float = Field(default=900, gt=0, le=86400)
