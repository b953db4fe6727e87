"""Why a deployment does not begin, or goes no further. Each ends up as the reason of a deployment that has ended."""

from __future__ import annotations

from gainful.core.errors import Invalid, Refused


class DeployLocked(Refused):
    """Another deployment of the service is under way, or this one's lock was taken from it."""

    code = "deploy-locked"


class DeployFrozen(Refused):
    """Nothing is deployed at this time."""

    code = "deploy-frozen"


class PlanChanged(Refused):
    """The plan is another one than the person was shown."""

    code = "plan-changed"


class ForceUnexplained(Invalid):
    """A deployment is forced, and nobody has said why."""

    code = "force-unexplained"
