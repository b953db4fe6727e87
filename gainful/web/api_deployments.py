"""Deployments in the API: how services stand, what a plan says, and the way back."""

# Without `annotations` from `__future__`: FastAPI reads them, and some name what is made within a function.

from datetime import timedelta
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Query
from pydantic import BaseModel, ConfigDict, Field

from gainful.app import Gainful
from gainful.app.as_json import deployment_json, status_json
from gainful.app.console import Access, Right, SignedIn
from gainful.core.deployment import Intent
from gainful.web.api_rights import MOST, Name, needs

PATIENCE = timedelta(seconds=2)
"""How long an answer waits for what comes of it."""


class Back(BaseModel):
    """Why something is taken back."""

    model_config = ConfigDict(extra="forbid")
    reason: str = Field(default="", max_length=500)


def deployments_api(made: FastAPI, app: Gainful, access: Access) -> None:
    """Its routes."""
    looks, operates = needs(access, Right.LOOK), needs(access, Right.OPERATE)

    @made.get("/v1/deployments", summary="How each service stands", tags=["deployments"])
    def services(who: Annotated[SignedIn, Depends(looks)]) -> list[dict[str, Any]]:
        del who
        return [status_json(one) for one in app.deployments.status()]

    @made.get("/v1/deployments/{service}", summary="How one stands", tags=["deployments"])
    def service(who: Annotated[SignedIn, Depends(looks)], service: Name) -> dict[str, Any]:
        del who
        return status_json(app.deployments.status(service)[0])

    @made.get("/v1/deployments/{service}/history", summary="Its last deployments", tags=["deployments"])
    def history(
        who: Annotated[SignedIn, Depends(looks)], service: Name, limit: Annotated[int, Query(ge=1, le=MOST)] = 20
    ) -> list[dict[str, Any]]:
        del who
        return [deployment_json(one) for one in app.deployments.history(service, limit)]

    @made.get("/v1/deployments/{service}/plan", summary="What deploying would do", tags=["deployments"])
    def plan(
        who: Annotated[SignedIn, Depends(operates)],
        service: Name,
        revision: Annotated[str, Query(max_length=200)] = "",
        intent: Intent = Intent.CHANGE,
        reason: Annotated[str, Query(max_length=500)] = "",
    ) -> dict[str, Any]:
        desk = app.deployments.acting(who.person)
        return dict(desk.plan(desk.order(service, revision, intent, reason)).as_json())

    @made.post("/v1/deployments/{service}/rollback", summary="Go back to the release before", tags=["deployments"])
    def rollback(who: Annotated[SignedIn, Depends(operates)], service: Name, given: Back) -> dict[str, Any]:
        desk = app.deployments.acting(who.person)
        if desk.carried_out(desk.services.named(service).name) is not None:
            return deployment_json(desk.rollback(service, given.reason, PATIENCE))
        return deployment_json(desk.start(desk.order(service, "", Intent.ROLLBACK, given.reason)))
