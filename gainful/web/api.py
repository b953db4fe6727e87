"""The public API, `/api/v1`: what the console shows, for programs, with tokens and scopes; OpenAPI documents it.

A token is sent as `Authorization: Bearer gainful_…`. What fails answers `{"error": {"code", "what", "next_move"}}`.
"""

# Without `annotations` from `__future__`: FastAPI reads them, and some name what is made within a function.

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, HTTPException, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from starlette.exceptions import HTTPException as AnyHTTPException

from gainful.app import Gainful
from gainful.app.approvals import Approvals
from gainful.app.console import Access, Right, SignedIn
from gainful.app.guards import BUILT_IN
from gainful.core.errors import GainfulError, Invalid, Refused, Unavailable
from gainful.gate.approval import Verdict
from gainful.gate.approval_export import as_json as approval_json
from gainful.worth.json import finding_json, standing_json

VERSION = "1"
MOST = 500
"""Rows of an answer."""

Name = Annotated[str, Path(max_length=300, min_length=1)]
_STATUS = {
    **dict.fromkeys(("not-drawn", "item-unknown", "nothing-reported", "finding-unknown"), 404),
    **dict.fromkeys(("answer-invalid", "ambiguous-approval"), 409),
}
"""Of errors that say more than that something was given wrongly."""


def _written(value: object) -> object:
    """A day as it is written; a number is none."""
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value, re.ASCII):
        raise ValueError("is no day like 2026-11-29")
    return value


Day = Annotated[date, BeforeValidator(_written)]
_bearer = HTTPBearer(auto_error=False, description="A token of the console's settings, or of `gainful console token`.")


class Problem(BaseModel):
    """What went wrong and what to do."""

    code: str
    what: str
    next_move: str


class Failed(BaseModel):
    """An answer that is an error."""

    error: Problem


class _Given(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Changed(_Given):
    """New arguments of one effect."""

    effect: int = Field(ge=0, le=99, description="Its place among the effects that the approval covers.")
    arguments: dict[str, Any]


class Answered(_Given):
    """An answer to an approval."""

    verdict: Literal["accept", "edit", "respond", "ignore", "refuse"]
    card: str = Field(default="", max_length=64, description="Digest of the card that was shown; needed to accept.")
    text: str = Field(default="", max_length=4000)
    changes: list[Changed] = Field(default_factory=list, max_length=100, description="What to edit.")


class Reason(_Given):
    """Why something is stopped."""

    reason: str = Field(default="", max_length=300)


class Look(_Given):
    """What a second look has found."""

    passed: bool
    minutes: Annotated[float, Field(ge=0, le=100_000)] | None = None
    seconds: float = Field(default=90, ge=0, le=100_000)


def api(app: Gainful, access: Access) -> FastAPI:
    """The API of one installation, to be mounted at `/api`."""
    made = FastAPI(
        title="Gainful",
        version=VERSION,
        description="Work agents that keep honest books. Tokens are a cost, never a score.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/v1/openapi.json",
        servers=[{"url": "/api"}],
        root_path_in_servers=False,
        responses={status: {"model": Failed} for status in (400, 401, 403, 404, 405, 409, 503)},
    )
    made.add_exception_handler(GainfulError, _failed)
    made.add_exception_handler(RequestValidationError, _unreadable)
    made.add_exception_handler(AnyHTTPException, _refused)
    made.add_exception_handler(404, _missing)
    made.add_exception_handler(405, _missing)
    _about(made, access)
    _approvals(made, app, access)
    _agents(made, app, access)
    _worth(made, app, access)
    _audits(made, app, access)
    return made


def _needs(access: Access, right: Right) -> Callable[..., SignedIn]:
    """Who asks, once they may."""

    def who(given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> SignedIn:
        found = access.by_token(given.credentials) if given is not None else None
        if found is None:
            raise HTTPException(401, "No token, or one that is worth nothing.")
        if not found.may(right):
            raise HTTPException(403, f"This token's scopes, or its person's role, do not allow to {right}.")
        return found

    return who


# --- routes -----------------------------------------------------------------------------------------------------------


def _about(made: FastAPI, access: Access) -> None:
    looks = _needs(access, Right.LOOK)

    @made.get("/v1/me", summary="Who this token acts for", tags=["about"])
    def me(who: Annotated[SignedIn, Depends(looks)]) -> dict[str, Any]:
        return {"person": who.person, "role": who.role, "rights": sorted(who.rights)}


def _approvals(made: FastAPI, app: Gainful, access: Access) -> None:
    answers = _needs(access, Right.ANSWER)

    def desk(who: SignedIn) -> Approvals:
        return Approvals(app.book, app.runs, who.person, app.clock, app.jobs.engine, timedelta())

    @made.get("/v1/approvals", summary="What waits for a person's word", tags=["approvals"])
    def waiting(who: Annotated[SignedIn, Depends(answers)]) -> list[dict[str, Any]]:
        return [approval_json(one) for one in desk(who).waiting()[:MOST]]

    @made.get("/v1/approvals/{approval}", summary="One in full", tags=["approvals"])
    def one(who: Annotated[SignedIn, Depends(answers)], approval: Name) -> dict[str, Any]:
        return approval_json(desk(who).find(approval))

    @made.post("/v1/approvals/{approval}/answer", summary="Answer it", tags=["approvals"])
    def answer(who: Annotated[SignedIn, Depends(answers)], approval: Name, given: Answered) -> dict[str, Any]:
        changes = {one.effect: one.arguments for one in given.changes}
        told = desk(who).answer(approval, Verdict(given.verdict), card=given.card, text=given.text, changes=changes)
        return {**approval_json(told.approval), "run": told.run, "problem": told.problem}


def _agents(made: FastAPI, app: Gainful, access: Access) -> None:
    looks, operates = _needs(access, Right.LOOK), _needs(access, Right.OPERATE)

    def known(agent: str) -> str:
        if agent not in {*BUILT_IN, *app.agents.names(), *app.guards.known(), "all"}:
            raise HTTPException(404, "There is no such agent.")
        return agent

    @made.get("/v1/agents", summary="Agents, and how each stands", tags=["agents"])
    def agents(who: Annotated[SignedIn, Depends(looks)]) -> list[dict[str, Any]]:
        del who
        return [
            {
                "agent": one.name,
                "state": one.state,
                "changed": one.changed,
                "problem": one.problem,
                "stopped": one.stopped,
                "purpose": one.file.purpose if one.file is not None else "",
            }
            for one in app.agents.states()
        ]

    @made.post("/v1/agents/{agent}/stop", summary="Stop it before its next effect", tags=["agents"])
    def stop(who: Annotated[SignedIn, Depends(operates)], agent: Name, given: Reason) -> dict[str, Any]:
        return {"agent": agent, "stopped_now": app.guards.acting(who.person).stop(known(agent), given.reason)}

    @made.post("/v1/agents/{agent}/resume", summary="Let it go on", tags=["agents"])
    def resume(who: Annotated[SignedIn, Depends(operates)], agent: Name) -> dict[str, Any]:
        return {"agent": agent, "resumed": app.guards.acting(who.person).resume(known(agent))}

    @made.get("/v1/runs", summary="The last runs", tags=["runs"])
    def runs(
        who: Annotated[SignedIn, Depends(operates)], days: Annotated[int, Query(ge=1, le=90)] = 14
    ) -> list[dict[str, Any]]:
        del who
        return [_run(one) for one in app.runs.since(None, app.clock() - timedelta(days=days))[:MOST]]

    @made.get("/v1/runs/{run}", summary="One run", tags=["runs"])
    def run(who: Annotated[SignedIn, Depends(operates)], run: Name) -> dict[str, Any]:
        del who
        found = app.runs.find(run)
        if found is None:
            raise HTTPException(404, "There is no such run.")
        return _run(found)

    @made.post("/v1/runs/{run}/resume", summary="Let it go on where it stands still", tags=["runs"])
    def resume_run(who: Annotated[SignedIn, Depends(operates)], run: Name) -> dict[str, Any]:
        done = app.run_control.acting(who.person).resume(run)
        return {**_run(done.run), "resumed": done.did, "said": done.said}

    @made.post("/v1/runs/{run}/stop", summary="Stop this run alone before its next effect", tags=["runs"])
    def stop_run(who: Annotated[SignedIn, Depends(operates)], run: Name, given: Reason) -> dict[str, Any]:
        done = app.run_control.acting(who.person).stop(run, given.reason)
        return {**_run(done.run), "stopped_now": done.did, "said": done.said}


def _run(one: Any) -> dict[str, Any]:
    return {
        "run": one.id,
        "job": one.job,
        "trigger": one.trigger,
        "applied": one.applied,
        "state": one.state,
        "started_at": one.started_at,
        "ended_at": one.ended_at,
    }


def _worth(made: FastAPI, app: Gainful, access: Access) -> None:
    looks, manages = _needs(access, Right.LOOK), _needs(access, Right.MANAGE)

    @made.get("/v1/worth", summary="What work was worth, told last", tags=["books"])
    def worth(who: Annotated[SignedIn, Depends(looks)]) -> dict[str, Any]:
        del who
        told = app.worth.as_told().tell()
        kept = told.kept
        return {
            "made_at": kept.made_at,
            "since": kept.since,
            "until": kept.until,
            "rate_assumed": told.assumed,
            "organisation": standing_json(kept.organisation),
        }

    @made.get("/v1/boards/{unit}", summary="Units by what their work was surely worth", tags=["books"])
    def board(
        who: Annotated[SignedIn, Depends(looks)], unit: Literal["team", "agent", "person"]
    ) -> list[dict[str, Any]]:
        return [dict(standing_json(one)) for one in app.worth.as_told().board(unit, who.viewer, MOST)]

    @made.get("/v1/findings", summary="Waste, the dearest first", tags=["books"])
    def findings(who: Annotated[SignedIn, Depends(looks)]) -> list[dict[str, Any]]:
        del who
        return [dict(finding_json(one)) for one in app.worth.as_told().findings(MOST)]

    @made.post("/v1/findings/{finding}/fix", summary="Do what mends it, or be told what to do", tags=["books"])
    def fix(who: Annotated[SignedIn, Depends(manages)], finding: Name) -> dict[str, Any]:
        found = app.worth.as_told().finding(finding)
        mended = app.mending_as(who.person).apply(found.fix, f"finding {found.id}")
        return {"finding": found.id, "done": mended.done, "said": mended.said, "undo": mended.undo}

    @made.get("/v1/cost/{by}", summary="What each model, team, tool or agent cost", tags=["books"])
    def cost(
        who: Annotated[SignedIn, Depends(manages)],
        by: Literal["model", "team", "tool", "agent"],
        since: Annotated[Day | None, Query(description="The first day.")] = None,
        until: Annotated[Day | None, Query(description="The first day that is left out.")] = None,
    ) -> list[dict[str, Any]]:
        del who
        try:
            end = until or app.clock().date() + timedelta(days=1)
            begin = since or end - timedelta(days=90)
        except OverflowError:
            raise HTTPException(400, "These dates are too far away.") from None
        return [
            {"name": one.name, "cost_usd": str(one.cost.amount), "unpriced_calls": one.unpriced}
            for one in app.usage.spent(by, begin, end, MOST)
        ]


def _audits(made: FastAPI, app: Gainful, access: Access) -> None:
    audits = _needs(access, Right.AUDIT)

    @made.get("/v1/audit-items", summary="Items that wait for a second look, blind", tags=["audits"])
    def items(
        who: Annotated[SignedIn, Depends(audits)], count: Annotated[int, Query(ge=1, le=MOST)] = 1
    ) -> list[dict[str, Any]]:
        return [
            {
                "item": one.item,
                "work_class": one.work_class,
                "opened_at": one.opened_at,
                "drawn_at": one.drawn_at,
                "confirms": one.confirms,
                "shown": list(one.shown),
            }
            for one in app.looks.waiting(count, who.person)
        ]

    @made.post("/v1/audit-items/{item}/verdict", summary="Say what a look has found", tags=["audits"])
    def verdict(who: Annotated[SignedIn, Depends(audits)], item: Name, given: Look) -> dict[str, Any]:
        minutes = None if given.minutes is None else Decimal(str(given.minutes))
        seconds = Decimal(str(given.seconds))
        app.looks.verdict(item, who.person, passed=given.passed, minutes=minutes, seconds=seconds)
        return {"item": item, "passed": given.passed, "by": who.person}


# --- what fails -------------------------------------------------------------------------------------------------------


def _failed(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, GainfulError)  # noqa: S101 -- told to the type checker
    kinds = ((Refused, 403), (Unavailable, 503), (Invalid, 404 if error.code.startswith("no-such") else 400))
    status = _STATUS.get(error.code) or next((number for kind, number in kinds if isinstance(error, kind)), 500)
    return JSONResponse({"error": error.as_json()}, status)


def _unreadable(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 -- told to the type checker
    first = error.errors()[0] if error.errors() else {"loc": (), "msg": "It cannot be read."}
    where = ".".join(str(part) for part in first["loc"])
    return _problem(400, "request-invalid", f"{where}: {first['msg']}"[:500], "See /api/v1/openapi.json.")


def _refused(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, AnyHTTPException)  # noqa: S101 -- told to the type checker
    code = {401: "token-refused", 403: "not-allowed", 404: "not-found"}.get(error.status_code, "request-invalid")
    headers = {"www-authenticate": "Bearer"} if error.status_code == 401 else None
    return _problem(error.status_code, code, str(error.detail), "", headers)


async def _missing(request: Request, error: Exception) -> JSONResponse:
    del request
    status = getattr(error, "status_code", 404)
    headers = dict(getattr(error, "headers", None) or {})
    told = "not-found" if status == 404 else "method-not-allowed"
    return _problem(status, told, "There is nothing here.", "See /api/v1/openapi.json.", headers)


def _problem(status: int, code: str, what: str, next_move: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": {"code": code, "what": what, "next_move": next_move}}, status, headers)
