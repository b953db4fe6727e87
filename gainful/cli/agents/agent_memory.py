"""`gainful agent memory`: what an agent remembers, and what its owner makes it remember and forget."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from gainful.cli.context import Context, json_option
from gainful.cli.screen import emit, safe, say
from gainful.core.errors import Invalid

if TYPE_CHECKING:
    from gainful.app import Gainful
    from gainful.core.memory import Memory


@click.command(short_help="Show what AGENT remembers, and from where.")
@click.argument("agent")
@click.option("--find", metavar="WORDS", help="Those that share a word with these, the best first.")
@click.option("--forgotten", is_flag=True, help="Also what it has forgotten.")
@click.option("--remember", metavar="TEXT", help="Let it remember this: it counts as your own words.")
@click.option("--forget", metavar="ID", help="Let it forget this record.")
@click.option("--bring-back", metavar="ID", help="Let it have this record again.")
@json_option
@click.pass_obj
def memory(
    context: Context,
    agent: str,
    find: str | None,
    forgotten: bool,
    remember: str | None,
    forget: str | None,
    bring_back: str | None,
) -> None:
    """Show what AGENT remembers, where each record came from, and who could have written it."""
    with context.open() as app:
        app.agents.state(agent)
        if remember is not None:
            _remember(context, app, agent, remember)
        elif forget is not None or bring_back is not None:
            _mark(context, app, agent, str(forget if bring_back is None else bring_back), back=bring_back is not None)
        else:
            _show(context, agent, _found(app, agent, find, forgotten=forgotten))


def _remember(context: Context, app: Gainful, agent: str, text: str) -> None:
    from gainful.agents.knowing.memory_tools import checked_text

    record = app.agents.memories.tell(agent, checked_text(text), app.guards.person)
    if context.as_json:
        emit(_row(record, None))
    else:
        say(f"'{agent}' remembers it, as {record.id}.")


def _mark(context: Context, app: Gainful, agent: str, record: str, *, back: bool) -> None:
    store = app.agents.memories
    done = store.bring_back(agent, record) if back else store.forget(agent, record)
    if not done:
        raise Invalid(
            f"'{agent}' has no such record: {record[:40]}.",
            f"`gainful agent memory {agent}{' --forgotten' if back else ''}` shows those there are.",
        )
    if context.as_json:
        emit({"agent": agent, "id": record, "forgotten": not back})
    else:
        say(f"'{agent}' has {record} again." if back else f"'{agent}' has forgotten {record}.")


def _found(app: Gainful, agent: str, find: str | None, *, forgotten: bool) -> list[tuple[Memory, datetime | None]]:
    from gainful.agents.knowing.memory import best

    if find is not None:
        return [(record, None) for record in best(find, app.agents.memories.of_agent(agent), 20)]
    return [(record, at) for record, at in app.agents.memories.all_of(agent) if forgotten or at is None]


def _show(context: Context, agent: str, records: list[tuple[Memory, datetime | None]]) -> None:
    if context.as_json:
        for record, at in records:
            emit(_row(record, at))
        return
    for record, at in records:
        gone = f"  forgotten {at:%Y-%m-%d}" if at is not None else ""
        say(f"{record.id}  {record.at:%Y-%m-%d}  {record.label.integrity}, from {safe(record.source, 120)}{gone}")
        say(f"  {safe(record.text, 4000)}")
    if not records:
        say(f"'{agent}' remembers nothing of that.")


def _row(record: Memory, forgotten_at: datetime | None) -> dict[str, Any]:
    return {
        "id": record.id,
        "agent": record.agent,
        "text": record.text,
        "source": record.source,
        "label": record.label.as_json(),
        "run": record.run_id,
        "at": record.at,
        "forgotten_at": forgotten_at,
    }
