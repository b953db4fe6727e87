"""Plans, deployments and how services stand, as people and programs see them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from gainful.cli.deploy_timeline import COLOURS, local, told
from gainful.cli.screen import plural, safe, seconds

if TYPE_CHECKING:
    from gainful.app.deploying import Status
    from gainful.core.deploy_event import Deployment, Event
    from gainful.core.deployment import Release
    from gainful.jobs.deploy.planning import Plan

LAST_EVENTS = 4
"""Of each service, where all of them are shown."""

MOST = 10
"""Commits and files that are shown of a plan; `--json` has them all."""

ACTIONS = {"proceed": "green", "flag": "yellow", "refuse": "red"}


def short(release: Release | None) -> str:
    """A release in a word: its commit, or its own id where the commit is not known."""
    if release is None:
        return "nothing"
    return release.commit[:9] or release.id


def deployment_json(deployment: Deployment) -> dict[str, Any]:
    """A deployment as JSON; its plan too."""
    return {
        "deployment": deployment.id,
        "service": deployment.service,
        "revision": deployment.revision,
        "intent": str(deployment.intent),
        "state": str(deployment.state),
        "why": deployment.why,
        "author": deployment.author,
        "by": deployment.by,
        "reason": deployment.reason,
        "forced": deployment.forced,
        "approved_by": deployment.approved_by,
        "asked_at": deployment.asked_at,
        "begun_at": deployment.begun_at,
        "shifted_at": deployment.shifted_at,
        "promoted_at": deployment.promoted_at,
        "ended_at": deployment.ended_at,
        "plan_hash": deployment.plan_hash,
        "plan": dict(deployment.plan),
    }


def event_json(event: Event) -> dict[str, Any]:
    """An event as JSON."""
    return {"event": str(event.kind), "at": event.at, "text": event.text, "detail": dict(event.detail)}


def status_json(status: Status) -> dict[str, Any]:
    """How a service stands, as JSON."""
    last, lock = status.last, status.lock
    return {
        "service": status.service,
        "last": deployment_json(last) if last is not None else None,
        "events": [event_json(event) for event in status.events],
        "lock": {"deployment": lock.deployment, "holder": lock.holder, "since": lock.since} if lock else None,
    }


def status_lines(status: Status, columns: int, *, whole: bool) -> Iterator[str]:
    """How a service stands.

    Args:
        whole: Everything that has happened in its newest deployment, not the last of it alone.
    """
    last = status.last
    name = click.style(status.service, bold=True)
    if last is None:
        yield f"{name}: never deployed"
        return
    state = click.style(str(last.state), fg=COLOURS.get(str(last.state)))
    revision = f" of {safe(last.revision, 60)}" if last.revision else ""
    yield f"{name}: {state}, deployment {last.id}{revision} by {safe(last.author, 60)}"
    events = status.events if whole else status.events[-LAST_EVENTS:]
    yield from (f"  {line}" for line in told(events, columns - 2))
    if status.lock is not None:
        lock = status.lock
        since = f"{local(lock.since):%Y-%m-%d %H:%M}"
        yield f"  locked by {safe(lock.holder, 60)} since {since}, deployment {lock.deployment}"


def history_lines(deployments: Sequence[Deployment], columns: int) -> Iterator[str]:
    """The deployments, a line each, and another one with how it ended."""
    for one in deployments:
        state = click.style(f"{one.state:12}", fg=COLOURS.get(str(one.state)))
        took = seconds((one.ended_at - one.asked_at).total_seconds()) if one.ended_at is not None else "under way"
        marks = [] if one.intent == "change" else [str(one.intent)]
        marks += ["forced"] if one.forced else []
        what = ", ".join([safe(one.revision, 40), *marks]).strip(", ")
        yield f"{one.id}  {local(one.asked_at):%Y-%m-%d %H:%M}  {state}{took:12}{safe(one.author, 20):14}{what}"
        yield from _indented(one.why or "", columns, 12)


def plan_lines(service: str, plan: Plan, columns: int) -> Iterator[str]:
    """A plan: what it is worth and why, and what it would change."""
    verdict = plan.verdict
    live, candidate = short(plan.live), short(plan.candidate)
    yield f"{click.style(service, bold=True)}  {live} → {candidate}"
    action = click.style(_ACTIONS_SAID[str(verdict.action)], fg=ACTIONS[str(verdict.action)], bold=True)
    yield f"{action}: {verdict.kind}"
    for proof in verdict.proof:
        yield from _indented(proof, columns, 2)
    if plan.reason:
        yield from _indented(f"reason: {plan.reason}", columns, 2)
    if plan.undone:
        yield f"  {plural(plan.undone, 'commit')} that {'is' if plan.undone == 1 else 'are'} live would be gone."
    commits = [f"{one.id[:9]}  {safe(one.author.partition(' <')[0], 20):20}  {one.subject}" for one in plan.commits]
    yield from _listed("commits", commits, plan.commit_count, columns)
    yield from _listed("files that ship", plan.files, plan.file_count, columns)
    yield from _listed("settings that differ", plan.settings, len(plan.settings), columns)
    migrations = [*plan.migrations, *(["Going back will not undo these at once."] if plan.migrations else [])]
    yield from _listed("migrations", migrations, len(plan.migrations), columns)


_ACTIONS_SAID = {"proceed": "goes ahead", "flag": "wants a word", "refuse": "refused"}


def _listed(title: str, lines: Sequence[str], whole: int, columns: int) -> Iterator[str]:
    """A title, the first lines, and how many there are besides."""
    if not whole:
        return
    yield ""
    yield f"{title}: {whole:,}"
    for line in lines[:MOST]:
        yield _cut(f"  {safe(line)}", columns)
    if whole > MOST:
        yield f"  and {plural(whole - MOST, 'more', 'more')}"


def _indented(text: str, columns: int, by: int) -> Iterable[str]:
    return [f"{'':{by}}{line}" for line in textwrap.wrap(safe(text, 600), max(columns - by, 30))]


def _cut(text: str, columns: int) -> str:
    return text if len(text) <= columns else f"{text[: columns - 1]}…"
