"""`gainful try`: an agent in an imitation of Slack on this machine, without a workspace, a key or anything set up."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gainful.cli.context import Context, json_option
from gainful.cli.installing.serve import forever, until_told
from gainful.cli.screen import emit, say

if TYPE_CHECKING:
    from gainful.app import Gainful
    from gainful.connectors.slack.fake import FakeSlack

Serve = Callable[[Context, "Gainful"], None]
"""Serves a home until it is told to stop."""


@click.group("try", short_help="Try agents without setting anything up.")
@json_option
def try_() -> None:
    """Try agents on this machine alone: nothing leaves it, and no key is needed."""


@try_.command(short_help="An agent in an imitation of Slack.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, metavar="N", help="Where the page listens, on 127.0.0.1.  [any]"
)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep the agent and what it has done there, and go on with it.  [a temporary folder]",
)
@click.option("--alone", is_flag=True, help="Only the imitation, for a Gainful of your own: prints its settings.")
@click.option("--no-browser", is_flag=True, help="Open no browser.")
@json_option
@click.pass_obj
def slack(context: Context, port: int, folder: Path | None, alone: bool, no_browser: bool) -> None:
    """Open a chat page where a sample agent answers. Ends on Ctrl-C.

    Ask @gainful in #help about leave, or tell it to tell bo something. Change agents/handbook in the folder to make it
    your own.
    """
    try_slack(context, forever, port, folder, alone=alone, browser=not no_browser)


def try_slack(
    context: Context, serve: Serve, port: int, folder: Path | None, *, alone: bool = False, browser: bool = False
) -> None:
    """The imitation, and beside it a home with a sample agent that is served until it is told to stop."""
    import secrets

    from gainful.connectors.slack.fake import FakeSlack

    def made_up() -> str:
        return secrets.token_urlsafe(24)

    # Whoever else uses this machine must not speak to the agent as its owner.
    with FakeSlack(port, limits=True, secrets=made_up, seed=secrets.token_hex(3).upper(), key=made_up()) as imitation:
        if alone:

            def offer(stop: threading.Event) -> None:
                _say_settings(context, imitation)
                _open(imitation, browser)
                stop.wait()

            # Whoever reads what it says may tell it to stop at once.
            until_told(threading.Event(), offer)
            return
        with _kept(folder) as place:
            _serve(context, serve, imitation, place, browser)


def _serve(context: Context, serve: Serve, imitation: FakeSlack, place: Path, browser: bool) -> None:
    from gainful.app.trial import Trial

    trial = Trial(place, imitation)
    trial.lay()
    if context.as_json:
        emit({"event": "trying", "page": imitation.page_url, "home": str(trial.home.path)})
    else:
        say(f"Page:   {imitation.page_url}")
        say(f"Agent:  {trial.home.path / 'agents' / 'handbook'}")
    _open(imitation, browser)
    with trial.open() as app:
        serve(context, app)


def _say_settings(context: Context, imitation: FakeSlack) -> None:
    from gainful.app.trial import secrets_of, settings_of

    settings, parts = settings_of(imitation), secrets_of(imitation)
    if context.as_json:
        emit({"event": "trying", "page": imitation.page_url, "settings": settings, "secrets": parts})
        return
    say(f"Page:  {imitation.page_url}")
    say("\nPut this into gainful.toml:\n")
    say(settings)
    say("Store the imitation's secrets, and serve:\n")
    for part, secret in parts.items():
        say(f"  printf '%s\\n' '{secret}' | gainful secrets set slack:slack:{part}")
    say("  gainful serve")


@contextmanager
def _kept(folder: Path | None) -> Iterator[Path]:
    if folder is not None:
        folder = folder.expanduser().absolute()
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
        return
    import tempfile

    with tempfile.TemporaryDirectory(prefix="gainful-try-") as made:
        yield Path(made)


def _open(imitation: FakeSlack, wanted: bool) -> None:
    """Show the page, where there is a desktop to show it on."""
    desktop = sys.platform != "linux" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if wanted and desktop and sys.stdout.isatty():
        import webbrowser

        webbrowser.open(imitation.page_url)
