"""Takes webhooks and begins no run: `webhook_process.py HOME`. Prints its address, then waits to be killed."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from gainful.agents.waking.trigger import triggers_from
from gainful.agents.waking.wakeable import WakeableAgent
from gainful.app.tooling.scopes import declared_scopes
from gainful.app.waking.triggers import Dispatcher, Sources
from gainful.app.waking.webhooks import Webhooks
from gainful.core.clock import system_clock
from gainful.core.errors import GainfulError
from gainful.gate.broker import Broker
from gainful.sdk.secret import Secret
from gainful.storage.agents.occurrence_store import OccurrenceStore
from gainful.storage.database import open_database
from gainful.storage.mail.mail_store import MailStore
from gainful.storage.runs.run_store import RunStore
from gainful.storage.settings.web import Server
from gainful.web.server import WebServer
from gainful.web.webhook import WebhookDoor

AGENT = WakeableAgent("handbook", "ada", triggers_from([{"on": "webhook"}]))


class Vault:
    """The one secret."""

    def get(self, name: str) -> Secret | None:
        """Whatever it is for."""
        return Secret(name, "a long random secret")


def main(home: Path) -> None:
    """Take webhooks."""

    def complain(error: GainfulError) -> None:
        print(error, file=sys.stderr, flush=True)

    engine = open_database(home / "gainful.sqlite")
    sources = Sources(MailStore(engine), RunStore(engine))
    store = OccurrenceStore(engine)
    dispatcher = Dispatcher(store, lambda _: None, lambda: [AGENT], system_clock, sources, complain)
    hooks = Webhooks(dispatcher, Broker(Vault(), declared_scopes))
    with WebServer(Server(), [WebhookDoor(hooks, system_clock, complain, 1024).route()]) as server:
        print(server.address, flush=True)
        time.sleep(600)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
