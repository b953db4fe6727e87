"""`gainful serve`: the scheduler and the watchers as one process, until it is told to stop."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from gainful.cli.context import Context, json_option
from gainful.cli.screen import emit, note, plural, safe, say
from gainful.core.errors import GainfulError

if TYPE_CHECKING:
    from gainful.app import Gainful


@click.command(short_help="Triage mail and wake agents, for as long as it runs.")
@click.option("--port", type=click.IntRange(1, 65535), help="Serve the console here.  [[server] port]")
@click.option("--once", is_flag=True, help="Triage each account once, as the nightly run does, and end. For cron.")
@click.option(
    "--database", metavar="URL", default="", help="Share this PostgreSQL with others: postgresql://USER@HOST/NAME."
)
@click.option("--worker", is_flag=True, help="Only do runs that others on the same database have started.")
@json_option
@click.pass_obj
def serve(context: Context, once: bool, port: int | None, database: str, worker: bool) -> None:
    """Triage mail at night and as it comes, hear chats, and wake agents. Ends on Ctrl-C or SIGTERM.

    An idle server asks no language model anything. Any number of servers and workers may share one PostgreSQL: they
    share the runs, one of them at a time watches mail, chats and clocks, and what a dead one has begun goes on
    elsewhere.
    """
    context.database = database or context.database
    with context.open() as app:
        if port is not None:
            app.config = app.config.model_copy(update={"server": app.config.server.model_copy(update={"port": port})})
        if once:
            _once(context, app)
        elif worker:
            _work(context, app)
        else:
            forever(context, app)


def _once(context: Context, app: Any) -> None:
    for account in app.config.accounts:
        found = app.triage.run(account.name, apply=True, trigger="schedule")
        if context.as_json:
            emit({"event": "triaged", "account": account.name, "run_id": found.run_id, "mails": len(found.rows)})
        else:
            say(f"{account.name}: {plural(len(found.rows), 'mail')}, run {found.run_id}")
    if not app.config.accounts:
        note("No account is set up. Run `gainful init`.")


def _watched(app: Any) -> list[str]:
    """What the server looks after, for a person."""
    found = [account.name for account in app.config.accounts]
    found += [f"chat {chat.name}" for chat in app.config.chats]
    agents = [state.name for state in app.agents.states() if state.state == "enabled"]
    return [*found, *([plural(len(agents), "agent")] if agents else [])]


def complain(context: Context, error: GainfulError) -> None:
    """Tell about trouble with one account while the others go on."""
    if context.as_json:
        emit({"event": "trouble", **error.as_json()})
    else:
        note(f"trouble [{error.code}] {safe(str(error), 1000)}")


def _work(context: Context, app: Gainful) -> None:
    """Do runs of others until Ctrl-C or SIGTERM."""

    def ready() -> None:
        if context.as_json:
            emit({"event": "ready", "worker": True, "pid": os.getpid()})
        else:
            say("ready: doing runs that others start")

    until_told(threading.Event(), lambda stop: app.serve_others(stop, ready, lambda error: complain(context, error)))
    if context.as_json:
        emit({"event": "stopped"})
    else:
        say("stopped")


def forever(context: Context, app: Gainful) -> None:
    """Serve this application until Ctrl-C or SIGTERM."""

    def ready() -> None:
        names = [account.name for account in app.config.accounts]
        stopped = [app.guards.stops.reason(stop.agent) for stop in app.guards.stops.all()]
        if context.as_json:
            emit({"event": "ready", "accounts": names, "pid": os.getpid(), "stopped": stopped, **_console_json(app)})
            return
        say(f"ready: {', '.join(_watched(app)) or 'nothing to watch yet; run `gainful init` or `gainful agent new`'}")
        for reason in stopped:
            say(f"stopped: {safe(reason, 1000)}")
        for line in console_lines(app):
            say(line)

    def tell(error: GainfulError) -> None:
        complain(context, error)

    from gainful.web.doors import doors

    until_told(threading.Event(), lambda stop: app.serve(stop, ready, tell, lambda wakers: doors(app, wakers, tell)))
    if context.as_json:
        emit({"event": "stopped"})
    else:
        say("stopped")


def console_lines(app: Gainful) -> list[str]:
    """Where the console is, and how its first account is made."""
    told = _console_json(app)
    if not told and app.config.console.on:
        return ["console: none without a port; `gainful serve --port 8787` has one"]
    lines = [f"console: {told['console']}"] if "console" in told else []
    if "setup_code" in told:
        lines.append(f"first start: make your account there with the code {told['setup_code']}")
    return lines


def _console_json(app: Gainful) -> dict[str, str]:
    server, console = app.config.server, app.config.console
    if server.port is None or not console.on:
        return {}
    host = f"[{server.host}]" if ":" in server.host else server.host
    told = {"console": console.public_url or f"http://{host}:{server.port}"}
    code = app.access.offer_setup()
    return told | ({"setup_code": code} if code else {})


def until_told(stop: threading.Event, work: Callable[[threading.Event], object]) -> None:
    """Do this; Ctrl-C or SIGTERM sets the event by which it is told to end. From then on SIGTERM changes nothing."""

    def ask_to_stop(_number: int, _frame: object) -> None:
        stop.set()

    before = {number: signal.signal(number, ask_to_stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        work(stop)
    finally:
        for number, handler in before.items():
            # A second one, such as a container's or an impatient script's, must not cut off the closing that follows.
            signal.signal(number, signal.SIG_IGN if number == signal.SIGTERM and stop.is_set() else handler)
