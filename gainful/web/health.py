"""`/healthz`, `/readyz` and `/metrics`: for whoever watches over the process.

`/healthz` says that it runs; `/readyz` that it can do something: the database answers. `/metrics` counts, in the text
format of Prometheus, for a token with the scope `read`; it names no person, no mail and no model.

Source: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from gainful import __version__
from gainful.app import Gainful
from gainful.app.console import Access, Right
from gainful.core.errors import Unavailable

BACK = timedelta(days=1)
FORMAT = "text/plain; version=0.0.4; charset=utf-8"


def health_routes(app: Gainful, access: Access) -> list[Route]:
    """The three of them."""

    async def healthz(request: Request) -> Response:
        del request
        return PlainTextResponse("ok\n")

    async def readyz(request: Request) -> Response:
        del request
        try:
            await run_in_threadpool(app.pulse.read)
        except Exception:
            return _away()
        return PlainTextResponse("ready\n")

    async def metrics(request: Request) -> Response:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        try:
            who = await run_in_threadpool(access.by_token, given)
            if who is None or not who.may(Right.LOOK):
                needed = "A token with the scope 'read' is needed.\n"
                return PlainTextResponse(needed, 401, {"www-authenticate": "Bearer"})
            lines = await run_in_threadpool(lambda: list(_lines(app)))
        except Unavailable:
            return _away()
        return PlainTextResponse("\n".join([*lines, ""]), media_type=FORMAT)

    return [
        Route("/healthz", healthz, methods=["GET"]),
        Route("/readyz", readyz, methods=["GET"]),
        Route("/metrics", metrics, methods=["GET"]),
    ]


def _away() -> Response:
    return PlainTextResponse("The database does not answer.\n", 503, {"retry-after": "5"})


def _lines(app: Gainful) -> Iterator[str]:
    """Each number with what it is."""
    yield from _one("gainful_info", "The version that runs.", [(f'{{version="{__version__}"}}', 1)])
    yield from _one("gainful_approvals_waiting", "Approvals that wait for a person.", [("", app.approvals.count())])
    yield from _one("gainful_agents_stopped", "Stops in force.", [("", len(app.guards.stops.all()))])
    states = app.runs.states_since(app.clock() - BACK)
    rows = [(f'{{state="{state}"}}', count) for state, count in sorted(states.items())]
    yield from _one("gainful_runs_of_last_day", "Runs begun in the last 24 hours, by state.", rows)
    flying = len(app.deployments.kept.under_way())
    yield from _one("gainful_deployments_under_way", "Deployments that have not ended.", [("", flying)])
    yield from _traces(app)
    looks = len(app.tellings.waiting(10_000))
    yield from _one("gainful_audits_waiting", "Items that wait for a second look.", [("", looks)])


def _traces(app: Gainful) -> Iterator[str]:
    """How far sending traces has come; nothing where the settings name no collector."""
    progress = app.tracing.store.progress() if app.config.traces.endpoint else None
    if progress is None:
        return
    waiting = app.tracing.store.waiting(progress)
    yield from _one("gainful_traces_waiting", "Runs whose traces are not sent yet.", [("", waiting)])
    yield from _one("gainful_traces_sent", "Runs whose traces a collector has taken.", [("", progress.sent)])
    yield from _one("gainful_traces_dropped", "Runs whose traces were left out.", [("", progress.dropped)])
    yield from _one("gainful_traces_rejected", "Spans that a collector did not take.", [("", progress.rejected)])
    yield from _one("gainful_traces_failing", "Whether the last try failed.", [("", int(bool(progress.failing)))])


def _one(name: str, what: str, rows: list[tuple[str, int]]) -> Iterator[str]:
    yield f"# HELP {name} {what}"
    yield f"# TYPE {name} gauge"
    yield from (f"{name}{labels} {value}" for labels, value in rows)
