"""`gainful manifest`: what each agent may ever do, who approved it, and changes to it."""

from __future__ import annotations

import sys
from typing import IO, TYPE_CHECKING, Any

import click

from gainful.cli.answers import AnswerMissing
from gainful.cli.context import Context, json_option
from gainful.cli.screen import emit, safe, say

if TYPE_CHECKING:
    from gainful.app import Gainful
    from gainful.policy.manifest_version import ManifestVersion

_digest_option = click.option(
    "--digest", metavar="PREFIX", default="", help="The digest as `show --proposed` gives it; then nothing is asked."
)


@click.group(short_help="See and change what agents may do.")
@json_option
def manifest() -> None:
    """See and change what each agent may ever do. What a manifest does not name is denied, and never asked about.

    A change is a new version: somebody proposes it, its owner approves exactly what they were shown.
    """


@manifest.command("list", short_help="Show every agent's manifest, and what waits.")
@json_option
@click.pass_obj
def list_(context: Context) -> None:
    """Show every agent: its version in force, and what waits for approval."""
    with context.open() as app:
        store, stops = app.guards.manifests, app.guards.stops
        rows = [(name, store.active(name), store.proposed(name), stops.reason(name)) for name in app.guards.known()]
    if context.as_json:
        for agent, active, proposed, stopped in rows:
            emit({"agent": agent, "active": _row(active), "proposed": _row(proposed), "stopped": stopped})
        return
    from gainful.cli.gate.manifest_view import show_list

    show_list(rows)


@manifest.command(short_help="Show what AGENT may read and do.")
@click.argument("agent")
@click.option("--proposed", is_flag=True, help="The version that waits for approval.")
@click.option("--toml", "as_toml", is_flag=True, help="As the file that one edits and proposes.")
@json_option
@click.pass_obj
def show(context: Context, agent: str, proposed: bool, as_toml: bool) -> None:
    """Show what AGENT may read and do, with which arguments, how often, and what it may never do."""
    with context.open() as app:
        version = app.guards.manifests.proposed(agent) if proposed else app.guards.shown(agent)
        if version is None:
            raise _none(agent, proposed=proposed)
        change = app.guards.change(version) if proposed else None
    if context.as_json:
        difference, wider = change or ("", [])
        emit({**(_row(version) or {}), **({"difference": difference, "widens": wider} if proposed else {})})
    elif as_toml:
        from gainful.policy.manifest_toml import toml_of

        click.echo(toml_of(version.manifest), nl=False)
    else:
        _print(app, version, change)


@manifest.command(short_help="Show every version of AGENT's manifest.")
@click.argument("agent")
@json_option
@click.pass_obj
def history(context: Context, agent: str) -> None:
    """Show every version of AGENT's manifest: who proposed it, who approved it, since when."""
    with context.open() as app:
        versions = app.guards.manifests.history(agent)
    if not versions:
        raise _none(agent)
    if context.as_json:
        for version in versions:
            emit(_row(version))
        return
    from gainful.cli.gate.manifest_view import show_history

    show_history(versions)


@manifest.command()
@click.argument("agent")
@click.argument("file", type=click.File("r", encoding="utf-8"))
@json_option
@click.pass_obj
def propose(context: Context, agent: str, file: IO[str]) -> None:
    """Propose the manifest in FILE for AGENT. What is in force stays so until it is approved."""
    text = _text(file)
    with context.open() as app:
        version = app.guards.propose(agent, text)
        change = app.guards.change(version)
        whom = app.guards.missing(version)
    if context.as_json:
        emit({**(_row(version) or {}), "difference": change[0], "widens": change[1], "waits_for": whom})
        return
    _print(app, version, change)
    say(f" It waits for {safe(whom)}:")
    say(f"   gainful manifest approve {agent} --digest {version.digest[:12]}")


@manifest.command(short_help="Let exactly what is proposed be in force.")
@click.argument("agent")
@_digest_option
@json_option
@click.pass_obj
def approve(context: Context, agent: str, digest: str) -> None:
    """Show what is proposed for AGENT and, when you confirm, let exactly that be in force.

    Without a terminal, name what you saw: --digest takes the digest from `show --proposed`.
    """
    with context.open() as app:
        seen = digest or _confirmed(context, app, agent)
        version = app.guards.approve(agent, seen)
        whom = app.guards.missing(version) if version.state == "proposed" else ""
    if context.as_json:
        emit({**(_row(version) or {}), "waits_for": whom})
    elif whom:
        say(f"You approved version {version.number} of '{agent}'. It waits for {safe(whom)}.")
    else:
        say(f"Version {version.number} of '{agent}' is in force, from its next run on.")


@manifest.command()
@click.argument("agent")
@_digest_option
@json_option
@click.pass_obj
def refuse(context: Context, agent: str, digest: str) -> None:
    """Refuse what is proposed for AGENT. What is in force stays so."""
    with context.open() as app:
        version = app.guards.refuse(agent, digest)
    if context.as_json:
        emit(_row(version))
    else:
        say(f"Version {version.number} of '{agent}' is refused; the one in force stays.")


def _confirmed(context: Context, app: Gainful, agent: str) -> str:
    """The digest of what was shown and agreed to."""
    if context.as_json or not sys.stdin.isatty():
        raise AnswerMissing(
            "Nobody is there to look at it.",
            f"Read it with `gainful manifest show {agent} --proposed`, then give --digest with what stands there.",
        )
    version = app.guards.manifests.proposed(agent)
    if version is None:
        raise _none(agent, proposed=True)
    _print(app, version, app.guards.change(version))
    click.confirm(" Let exactly this be in force?", abort=True, err=True)
    return version.digest


def _print(app: Gainful, version: ManifestVersion, change: tuple[str, list[str]] | None) -> None:
    from gainful.app.tooling.tools import job_tools
    from gainful.cli.gate.manifest_view import show, show_change

    show(version, {**job_tools(version.agent), **app.toolbox.outside.specs()})
    if change is not None:
        show_change(*change)


def _none(agent: str, *, proposed: bool = False) -> Exception:
    from gainful.policy.manifest_version import NoManifest

    what = f"Nothing is proposed for '{agent[:80]}'." if proposed else f"'{agent[:80]}' has no manifest."
    return NoManifest(what, "`gainful manifest list` shows those there are.")


def _text(file: IO[str]) -> str:
    from gainful.policy.manifest import ManifestInvalid

    try:
        return file.read(1_000_000)
    except UnicodeDecodeError:
        raise ManifestInvalid(f"{safe(file.name)} is not UTF-8 text.", "Save it as UTF-8.") from None


def _row(version: ManifestVersion | None) -> dict[str, Any] | None:
    if version is None:
        return None
    return {
        "agent": version.agent,
        "version": version.number,
        "state": str(version.state),
        "digest": version.digest,
        "owner": version.owner,
        "proposed_by": version.proposed_by,
        "proposed_at": version.proposed_at,
        "approved_by": list(version.approved_by),
        "settled_at": version.settled_at,
        "manifest": version.manifest.model_dump(mode="json"),
    }
