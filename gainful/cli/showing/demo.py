"""`gainful demo`: what Gainful does, shown for real on this machine, without anything set up."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from gainful.cli import exits
from gainful.cli.context import Context, json_option
from gainful.cli.screen import emit, say

if TYPE_CHECKING:
    from pathlib import Path

    from gainful.app.trial.deploy_show import DeployShow, Scene, Shown

_TRIES, _MOMENT = 20, 0.1
"""How often a folder is tried to be deleted, and seconds between two tries."""


@click.group("demo", short_help="See Gainful at work, on this machine alone.")
@json_option
def demo() -> None:
    """See Gainful at work, for real and on this machine alone: nothing leaves it, and no key is needed."""


@demo.command(short_help="A good, a pointless, a bad and a slow release, under traffic.")
@click.option("--rate", type=click.FloatRange(50, 5000), help="Requests a second.  [500]")
@json_option
@click.pass_obj
def deploy(context: Context, rate: float | None) -> int:
    """Deploy four releases of a small shop while people buy in it: a good one, a pointless, a bad and a slow one.

    Needs HAProxy and Prometheus; takes a bit more than a minute. Everything runs on 127.0.0.1 and is gone afterwards.
    """
    from gainful.app.trial.deploy_show import RATE, SCENES, WATCH, DeployShow
    from gainful.app.trial.deploy_world import DeployWorld
    from gainful.cli.showing.demo_view import table_lines

    begun = time.monotonic()
    with (
        _ended_politely(),
        _passing_folder() as place,
        DeployWorld(place, rate or RATE, WATCH) as world,
    ):
        show = DeployShow(world)
        if not context.as_json:
            say(f"A shop in two slots behind HAProxy, watched by Prometheus: {rate or RATE:,.0f} requests a second.")
        show.open_shop()
        shown = [_play(context, show, number, scene) for number, scene in enumerate(SCENES, 1)]
        whole = world.people.stop()
    took = time.monotonic() - begun
    if context.as_json:
        emit({"demo": "deploy", "seconds": took, "requests": whole.sent, "failed": whole.hurt})
    else:
        for line in table_lines(shown, whole, took):
            say(line)
    return exits.OK if all(one.as_wanted for one in shown) else exits.FINDINGS


@contextmanager
def _ended_politely() -> Iterator[None]:
    """Being told to end is like Ctrl-C here: everything that was started is ended first."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _passing_folder() -> Iterator[Path]:
    """A folder that is gone afterwards, with all that was put there."""
    import tempfile
    from pathlib import Path

    place = Path(tempfile.mkdtemp(prefix="gainful-demo-"))
    try:
        yield place
    finally:
        _delete(place)


def _delete(place: Path) -> None:
    """Delete a folder, into which a program that was told to end may still put its last file."""
    import shutil

    for _ in range(_TRIES):
        shutil.rmtree(place, ignore_errors=True)
        if not place.exists():
            return
        time.sleep(_MOMENT)
    shutil.rmtree(place)


def _play(context: Context, show: DeployShow, number: int, scene: Scene) -> Shown:
    from gainful.app.deploying.deploy_runs import Listener
    from gainful.cli.showing.demo_view import SceneLines, scene_json

    if context.as_json:
        shown = show.play(scene)
        emit(scene_json(shown))
        return shown
    lines = SceneLines(number, scene)
    shown = show.play(scene, Listener(lines.event, lines.look))
    lines.close()
    return shown


@demo.command(short_help="A company's tokens and its books, side by side.")
@json_option
@click.pass_obj
def worth(context: Context) -> None:
    """Show a company of some 300 people: the board that counting tokens would make, beside what its work was worth.

    One of its teams burns tokens, another quietly gets something done. Their ten weeks are made up; they go through the
    same intake, audits and books as yours would. Everything is gone afterwards.
    """
    from gainful.app.trial.worth_show import WorthShow
    from gainful.cli.progress import progress
    from gainful.cli.showing.demo_worth_view import demo_json, demo_lines
    from gainful.core.clock import system_clock

    with _passing_folder() as place, progress(context.as_json) as report:
        show = WorthShow(place, system_clock(), system_clock)
        shown = show.play(lambda done, whole: report("facts booked", done, whole))
    if context.as_json:
        emit(demo_json(shown))
        return
    for line in demo_lines(shown):
        say(line)


@demo.command(short_help="The console of a made-up company.")
@click.option("--port", type=click.IntRange(1, 65535), default=8787, show_default=True, help="Where it is served.")
@json_option
@click.pass_obj
def console(context: Context, port: int) -> None:
    """Serve the console of a company of some 300 people until Ctrl-C. Everything is gone afterwards.

    Their ten weeks are made up. The night's mail is triaged, an agent asks for a word, another one has worked on a mail
    and can be tried on it, a release of their shop is being watched; the books, boards, waste and audits are told from
    the company's facts as yours would be.
    """
    import shutil
    from contextlib import ExitStack

    from gainful.app import Gainful
    from gainful.app.trial.console_show import PERSON, ConsoleShow
    from gainful.app.trial.kite_desk import KiteDesk
    from gainful.app.trial.morning_mail import MorningMail
    from gainful.app.trial.simulated_shop import SimulatedShop
    from gainful.cli.installing.serve import forever
    from gainful.cli.progress import progress
    from gainful.core.clock import system_clock

    with (
        _ended_politely(),
        _passing_folder() as place,
        ExitStack() as open_for,
    ):
        # Releases are commits: without git there are none to watch, and everything else is there.
        shop = open_for.enter_context(SimulatedShop(place / "shop")) if shutil.which("git") else None
        mail, desk = MorningMail(place / "Mail"), KiteDesk(place / "desk", PERSON)
        settings = mail.settings + desk.settings + (shop.settings if shop is not None else "")
        show = ConsoleShow(place, port, system_clock, settings)
        with progress(context.as_json) as report:
            show.lay(lambda done, whole: report("facts booked", done, whole))
        desk.lay(show.home)
        mail.lay(system_clock())
        mail.triage(show.home)
        desk.work(show.home)
        if shop is not None:
            shop.play(show.home)
        if context.as_json:
            emit({"demo": "console", "person": show.person, "password": show.password})
        else:
            say(f"Sign in as {show.person} with the password {show.password}; Ctrl-C ends it.")
        with Gainful.open(show.home) as app:
            forever(context, app)
