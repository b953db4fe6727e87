"""Plans, deployments and how services stand, as people and programs see them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import click

from gainful.cli.deploying.deploy_timeline import COLOURS, local, told
from gainful.cli.screen import plural, safe, seconds

if TYPE_CHECKING:
    from gainful.app.deploying import Status
    from gainful.core.deploy_event import Deployment
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
    return safe(release.commit[:9] or release.id, 60)


def revision(text: str) -> str:
    """A revision as people read it: of a whole commit id the beginning."""
    return text[:12] if len(text) == 40 and not text.strip("0123456789abcdef") else safe(text, 40)


def status_lines(status: Status, columns: int, *, whole: bool) -> Iterator[str]:
    """How a service stands.

    Args:
        whole: Everything that has happened in its newest deployment, not the last of it alone.
    """
    last = status.last
    yield f"{click.style(safe(status.service, 60), bold=True)}: {_runs(status)}"
    if last is None:
        yield "  never deployed from here"
        return
    state = click.style(str(last.state), fg=COLOURS.get(str(last.state)))
    what = revision(last.revision) if last.intent == "change" else str(last.intent)
    yield f"  deployment {last.id}, {what}, by {safe(last.author, 60)}: {state}"
    events = status.events if whole else status.events[-LAST_EVENTS:]
    yield from (f"  {line}" for line in told(events, columns - 2))
    if status.lock is not None:
        lock = status.lock
        since = f"{local(lock.since):%Y-%m-%d %H:%M}"
        yield f"  locked by {safe(lock.holder, 60)} since {since}, deployment {lock.deployment}"


def _runs(status: Status) -> str:
    """What runs, in words."""
    state = status.state
    if state is None:
        return click.style(f"cannot be asked: {safe(status.trouble, 300)}", fg="red")
    if state.live is None:
        return "nothing runs"
    drift = f", drifted: {plural(len(state.live.drift), 'file')}" if state.live.drift else ""
    said = f"{short(state.live.release)} is live in {safe(state.live.slot, 60)}{drift}"
    if state.candidate is not None and state.share:
        said += f"; {short(state.candidate.release)} has {state.share} % of the traffic"
    return said


def history_lines(deployments: Sequence[Deployment], columns: int) -> Iterator[str]:
    """The deployments, a line each, and another one with how it ended."""
    for one in deployments:
        state = click.style(f"{one.state:12}", fg=COLOURS.get(str(one.state)))
        took = seconds((one.ended_at - one.asked_at).total_seconds()) if one.ended_at is not None else "under way"
        marks = [revision(one.revision)] if one.revision else []
        marks += [] if one.intent == "change" else [str(one.intent)]
        marks += ["forced"] if one.forced else []
        what = ", ".join(marks)
        yield f"{one.id}  {local(one.asked_at):%Y-%m-%d %H:%M}  {state}{took:12}{safe(one.author, 20):14}{what}"
        yield from _indented(one.why, columns, 12)


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
    commits = [f"{one.id[:9]}  {safe(_name(one.author), 20):20}  {safe(one.subject)}" for one in plan.commits]
    yield from _listed("commits", commits, plan.commit_count, columns)
    yield from _listed("files that ship", [safe(path) for path in plan.files], plan.file_count, columns)
    yield from _listed("settings that differ", [safe(line) for line in plan.settings], len(plan.settings), columns)
    yield from _listed("migrations", [safe(path) for path in plan.migrations], len(plan.migrations), columns)
    if plan.migrations:
        yield "  Going back will not undo these: a person is asked before the last step."


_ACTIONS_SAID = {"proceed": "goes ahead", "flag": "wants a word", "refuse": "refused"}


def _listed(title: str, lines: Sequence[str], whole: int, columns: int) -> Iterator[str]:
    """A title, the first lines, and how many there are besides."""
    if not whole:
        return
    yield ""
    yield f"{title}: {whole:,}"
    for line in lines[:MOST]:
        yield _cut(f"  {line}", columns)
    if whole > MOST:
        yield f"  and {plural(whole - MOST, 'more', 'more')}"


def _indented(text: str, columns: int, by: int) -> Iterable[str]:
    return [f"{'':{by}}{line}" for line in textwrap.wrap(safe(text, 600), max(columns - by, 30))]


def _name(author: str) -> str:
    return author.partition(" <")[0]


def _cut(text: str, columns: int) -> str:
    return text if len(text) <= columns else f"{text[: columns - 1]}…"
