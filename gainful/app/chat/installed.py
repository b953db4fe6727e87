"""The desk for the chats of one installation, as its settings and stores make it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from gainful.app.chat.connections import Connections
from gainful.app.chat.desk import ChatDesk
from gainful.app.chat.people import People
from gainful.app.guarding.approvals import Approvals
from gainful.app.guarding.guards import Guards
from gainful.app.stores import Stores
from gainful.core.occurrence import AnswerPlace
from gainful.gate.broker import Broker
from gainful.sdk.chat import Chat

if TYPE_CHECKING:
    from gainful.runs.engine import Engine


def installed_desk(
    stores: Stores,
    broker: Broker,
    guards: Guards,
    launch: Callable[[], Engine],
    opened: Mapping[str, Chat] | None = None,
) -> ChatDesk:
    """The desk; reaches no chat before one is needed.

    Args:
        launch: Gives the engine that wakes runs whose approval was answered.
        opened: Chats that need not be opened, by name.
    """
    config, clock = stores.config, stores.clock
    connections = Connections(config.chats, broker, stores.home.path / "chats", clock, opened)

    def answering(person: str) -> Approvals:
        # Whoever presses a button is not kept waiting until the run is done.
        return Approvals(stores.book, stores.runs, person, clock, launch, timedelta(0))

    def asked_from(run_id: str) -> AnswerPlace | None:
        record = stores.occurrences.of_run(run_id)
        return record.occurrence.answer_to if record is not None else None

    return ChatDesk(
        connections,
        stores.inbox,
        stores.outbox,
        stores.cards,
        People(stores.members, connections, guards.person, guards.team, clock),
        stores.book,
        answering,
        asked_from,
        guards.stops.reason,
        stores.audit,
        stores.home.path / "locks",
        clock,
    )
