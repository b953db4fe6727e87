"""The public API, `/api/v1`: what the console shows, for programs, with tokens and scopes; OpenAPI documents it.

A token is sent as `Authorization: Bearer gainful_…`. What fails answers `{"error": {"code", "what", "next_move"}}`.
"""

# Without `annotations` from `__future__`: FastAPI reads them, and some name what is made within a function.

from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, HTTPException, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException as AnyHTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gainful.app import Gainful
from gainful.app.as_json import agent_json, explanation_json, run_json, stop_json
from gainful.app.console import Access, Right, Role, SignedIn
from gainful.app.explaining.why import without_mails, without_texts
from gainful.app.guarding.guards import BUILT_IN, NoSuchAgent
from gainful.app.remote.server import VERSION, VERSION_HEADER
from gainful.app.run_control import NoSuchRun
from gainful.core.errors import GainfulError, Invalid, Refused, Unavailable
from gainful.core.run import Run
from gainful.gate.approval import Approval, Verdict
from gainful.gate.approval_export import as_json as approval_json
from gainful.gate.approval_sheet import gist, title
from gainful.web.api_books import books_api
from gainful.web.api_deployments import deployments_api
from gainful.web.api_reports import reports_api
from gainful.web.api_rights import MOST, Name, needs
from gainful.web.approval_desk import desk_of
from gainful.web.reading import RequestTooLarge, read

_STATUS = {
    **dict.fromkeys(("not-drawn", "item-unknown", "nothing-reported", "finding-unknown"), 404),
    **dict.fromkeys(("answer-invalid", "ambiguous-approval"), 409),
}
"""Of errors that say more than that something was given wrongly."""

LARGEST = 512 * 1024
"""Octets of a body."""


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
        dependencies=[Depends(_each_known_and_once)],
        responses={status: {"model": Failed} for status in (400, 401, 403, 404, 405, 409, 413, 503)},
    )
    made.add_exception_handler(GainfulError, _failed)
    made.add_exception_handler(RequestValidationError, _unreadable)
    made.add_exception_handler(AnyHTTPException, _refused)
    made.add_exception_handler(404, _missing)
    made.add_exception_handler(405, _missing)
    made.add_middleware(_Bounded)
    made.add_middleware(_Versioned)
    _about(made, app, access)
    _approvals(made, app, access)
    _agents(made, app, access)
    _runs(made, app, access)
    deployments_api(made, app, access)
    books_api(made, app, access)
    reports_api(made, app, access)
    _audits(made, app, access)
    return made


# --- routes -----------------------------------------------------------------------------------------------------------


def _about(made: FastAPI, app: Gainful, access: Access) -> None:
    anybody, looks = needs(access, None), needs(access, Right.LOOK)

    @made.get("/v1/me", summary="Who this token acts for", tags=["about"])
    def me(who: Annotated[SignedIn, Depends(anybody)]) -> dict[str, Any]:
        return {"person": who.person, "role": who.role, "rights": sorted(who.rights)}

    @made.get("/v1/brief", summary="What waits and what goes on, without mails", tags=["about"])
    def brief(who: Annotated[SignedIn, Depends(looks)]) -> dict[str, Any]:
        answers = who.may(Right.ANSWER)
        return {
            "at": app.clock(),
            # What is asked for is told to those alone who may see the approvals.
            "approvals": [_asked(one) for one in desk_of(app, who).waiting()[:MOST]] if answers else None,
            "stopped": [app.guards.stops.reason(stop.agent) for stop in app.guards.stops.all()],
            "deployments": [
                {"deployment": one.id, "service": one.service, "revision": one.revision, "state": str(one.state)}
                for one in app.deployments.kept.under_way()
            ],
        }


def _asked(one: Approval) -> dict[str, Any]:
    return {"id": one.id, "agent": one.agent, "title": title(one), "gist": gist(one), "expires_at": one.expires_at}


def _approvals(made: FastAPI, app: Gainful, access: Access) -> None:
    answers = needs(access, Right.ANSWER)

    @made.get("/v1/approvals", summary="What waits for a person's word", tags=["approvals"])
    def waiting(
        who: Annotated[SignedIn, Depends(answers)],
        recent: Annotated[bool, Query(description="Instead the last ones, whatever became of them.")] = False,
    ) -> list[dict[str, Any]]:
        found = desk_of(app, who).recent() if recent else desk_of(app, who).waiting()
        return [approval_json(one) for one in found[:MOST]]

    @made.get("/v1/approvals/{approval}", summary="One in full", tags=["approvals"])
    def one(who: Annotated[SignedIn, Depends(answers)], approval: Name) -> dict[str, Any]:
        return approval_json(desk_of(app, who).find(approval))

    @made.post("/v1/approvals/{approval}/answer", summary="Answer it", tags=["approvals"])
    def answer(who: Annotated[SignedIn, Depends(answers)], approval: Name, given: Answered) -> dict[str, Any]:
        changes = {one.effect: one.arguments for one in given.changes}
        desk = desk_of(app, who)
        told = desk.answer(approval, Verdict(given.verdict), card=given.card, text=given.text, changes=changes)
        return {**approval_json(told.approval), "run": told.run, "problem": told.problem}


def _agents(made: FastAPI, app: Gainful, access: Access) -> None:
    looks, operates = needs(access, Right.LOOK), needs(access, Right.OPERATE)

    def known(agent: str) -> str:
        if agent not in {*BUILT_IN, *app.agents.names(), *app.guards.known(), "all"}:
            raise NoSuchAgent(
                f"No agent is called '{agent[:80]}'.", "`gainful agent list`, or GET /api/v1/agents, lists them."
            )
        return agent

    def standing() -> list[dict[str, Any]]:
        return [stop_json(one) for one in app.guards.stops.all()]

    @made.get("/v1/agents", summary="Agents, and how each stands", tags=["agents"])
    def agents(who: Annotated[SignedIn, Depends(looks)]) -> list[dict[str, Any]]:
        del who
        return [agent_json(one) for one in app.agents.states()]

    @made.get("/v1/stops", summary="Who is stopped, by whom and why", tags=["agents"])
    def stops(who: Annotated[SignedIn, Depends(looks)]) -> list[dict[str, Any]]:
        del who
        return standing()

    @made.post("/v1/agents/{agent}/stop", summary="Stop it before its next effect", tags=["agents"])
    def stop(who: Annotated[SignedIn, Depends(operates)], agent: Name, given: Reason) -> dict[str, Any]:
        stopped = app.guards.acting(who.person).stop(known(agent), given.reason)
        return {"agent": agent, "stopped_now": stopped, "stops": standing()}

    @made.post("/v1/agents/{agent}/resume", summary="Let it go on", tags=["agents"])
    def resume(who: Annotated[SignedIn, Depends(operates)], agent: Name) -> dict[str, Any]:
        resumed = app.guards.acting(who.person).resume(known(agent))
        return {"agent": agent, "resumed": resumed, "stops": standing()}


def _runs(made: FastAPI, app: Gainful, access: Access) -> None:
    operates = needs(access, Right.OPERATE)

    def known(run: str) -> Run:
        found = app.runs.find(run)
        if found is None:
            raise NoSuchRun(
                f"No run has the id '{run[:80]}'.", "`gainful runs`, or GET /api/v1/runs, lists the last ones."
            )
        return found

    @made.get("/v1/runs", summary="The last runs", tags=["runs"])
    def runs(
        who: Annotated[SignedIn, Depends(operates)], days: Annotated[int, Query(ge=1, le=90)] = 14
    ) -> list[dict[str, Any]]:
        del who
        return [run_json(one) for one in app.runs.since(None, app.clock() - timedelta(days=days), MOST)]

    @made.get("/v1/runs/{run}", summary="One run", tags=["runs"])
    def run(who: Annotated[SignedIn, Depends(operates)], run: Name) -> dict[str, Any]:
        del who
        return run_json(known(run))

    @made.post("/v1/runs/{run}/resume", summary="Let it go on where it stands still", tags=["runs"])
    def resume_run(who: Annotated[SignedIn, Depends(operates)], run: Name) -> dict[str, Any]:
        done = app.run_control.acting(who.person).resume(run)
        return {**run_json(done.run), "resumed": done.did, "said": done.said}

    @made.post("/v1/runs/{run}/stop", summary="Stop this run alone before its next effect", tags=["runs"])
    def stop_run(who: Annotated[SignedIn, Depends(operates)], run: Name, given: Reason) -> dict[str, Any]:
        done = app.run_control.acting(who.person).stop(run, given.reason)
        return {**run_json(done.run), "stopped_now": done.did, "said": done.said}

    @made.get("/v1/runs/{run}/why", summary="Why it did what it did; mails are left out", tags=["runs"])
    def why(
        who: Annotated[SignedIn, Depends(operates)], run: Name, step: Annotated[str, Query(max_length=300)] = ""
    ) -> dict[str, Any]:
        told = without_mails(app.why(known(run).id, step))
        return explanation_json(told if who.role is Role.OWNER else without_texts(told))


def _audits(made: FastAPI, app: Gainful, access: Access) -> None:
    audits = needs(access, Right.AUDIT)

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


# --- every answer -----------------------------------------------------------------------------------------------------


class _Versioned:
    """Says in each answer which version of the API gave it, so that a program knows whom it talks to."""

    def __init__(self, app: ASGIApp) -> None:
        self._inner = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def said(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[VERSION_HEADER] = VERSION
            await send(message)

        await self._inner(scope, receive, said)


class _Bounded:
    """Reads the body, as far as one is taken: the framework would read all of it before it looks at the token."""

    def __init__(self, app: ASGIApp) -> None:
        self._inner = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        try:
            body = await read(Request(scope, receive), LARGEST)
        except RequestTooLarge as error:
            await _problem(413, error.code, error.what, "Send less, and at once.")(scope, receive, send)
            return
        waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def again() -> Message:
            return waiting.pop() if waiting else await receive()

        await self._inner(scope, again, send)


def _each_known_and_once(request: Request) -> None:
    """Refuse a parameter that is given twice: whoever reads the request on its way might go by the other one.

    So is one that means nothing here: a board that was asked for one month would tell of all that is known.
    """
    names = [name for name, _ in request.query_params.multi_items()]
    if len(set(names)) < len(names):
        raise HTTPException(400, "A parameter is given more than once.")
    taken = sorted(one.alias for one in request.scope["route"].dependant.query_params)
    strange = next((name for name in names if name not in taken), None)
    if strange is not None:
        there = f"There is {', '.join(taken)}." if taken else "There is none."
        raise HTTPException(400, f"query.{strange[:40]}: There is no such parameter here. {there}")


# --- what fails -------------------------------------------------------------------------------------------------------


_DOCUMENT = "See /api/v1/openapi.json."
_NEXT = {
    401: "Make a token under Settings, or with `gainful console token`, and send it as `Authorization: Bearer TOKEN`.",
    403: "Use a token with that scope, or ask the platform owner for another role.",
}
"""What to do about an answer that the framework gave."""


def _failed(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, GainfulError)  # noqa: S101 -- told to the type checker
    kinds = ((Refused, 403), (Unavailable, 503), (Invalid, 404 if error.code.startswith("no-such") else 400))
    status = _STATUS.get(error.code) or next((number for kind, number in kinds if isinstance(error, kind)), 500)
    return JSONResponse({"error": error.as_json()}, status)


def _unreadable(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 -- told to the type checker
    first = error.errors()[0] if error.errors() else {"loc": (), "msg": "It cannot be read."}
    where = ".".join(str(part) for part in first["loc"])
    is_no_json = where == "body" or first.get("type") == "json_invalid"
    move = f"Send JSON, with `Content-Type: application/json`. {_DOCUMENT}" if is_no_json else _DOCUMENT
    return _problem(400, "request-invalid", f"{where}: {first['msg']}"[:500], move)


def _refused(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, AnyHTTPException)  # noqa: S101 -- told to the type checker
    code = {401: "token-refused", 403: "not-allowed", 404: "not-found"}.get(error.status_code, "request-invalid")
    headers = {"www-authenticate": "Bearer"} if error.status_code == 401 else None
    return _problem(error.status_code, code, str(error.detail), _NEXT.get(error.status_code, _DOCUMENT), headers)


async def _missing(request: Request, error: Exception) -> JSONResponse:
    status = getattr(error, "status_code", 404)
    headers = dict(getattr(error, "headers", None) or {})
    if status == 404:
        return _problem(status, "not-found", "There is nothing at this address.", _DOCUMENT, headers)
    taken = next((value for name, value in headers.items() if name.lower() == "allow"), "another method")
    what = f"{request.method} is not taken here; {taken} is."
    return _problem(status, "method-not-allowed", what, _DOCUMENT, headers)


def _problem(status: int, code: str, what: str, next_move: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": {"code": code, "what": what, "next_move": next_move}}, status, headers)
