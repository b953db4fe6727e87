"""`gainful approvals`: what waits for your word, exactly what it would do, and your answer."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from gainful.cli.answers import AnswerMissing
from gainful.cli.context import Context, json_option
from gainful.cli.screen import emit, note, safe, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gainful.app import Gainful
    from gainful.app.guarding.approvals import Told
    from gainful.app.remote import RemoteDesk
    from gainful.gate.approval import Approval, Verdict

_digest_option = click.option(
    "--digest", metavar="CARD", default="", help="The card's digest as `show` gives it; then nothing is asked."
)


@click.group(invoke_without_command=True, short_help="See and answer what waits for your word.")
@click.option("--all", "all_", is_flag=True, help="Also the last ones that were answered.")
@click.option("--agent", metavar="AGENT", help="Only what this agent asks.")
@click.option("--run", "run_id", metavar="RUN", help="Only what this run asks.")
@json_option
@click.pass_context
def approvals(ctx: click.Context, all_: bool, agent: str | None, run_id: str | None) -> None:
    """Show what waits for your word. The runs that ask wait for days and need nothing meanwhile.

    One answer may cover a whole plan; it holds once, for exactly what was shown, and not for ever.
    """
    if ctx.invoked_subcommand:
        return
    context: Context = ctx.obj
    with context.reach() as app:
        found = app.approvals.recent() if all_ else app.approvals.waiting()
        fitting = [one for one in found if agent in (None, one.agent) and run_id in (None, one.run_id)]
        if context.as_json:
            for one in fitting:
                emit(_as_json(one))
        elif not fitting:
            say("Nothing waits for your word.")
        else:
            from gainful.cli.gate.approval_view import show_list

            show_list(fitting, app.clock(), app.approvals.person)
            say(f"\n gainful approvals show {fitting[0].id}   shows all of it")


@approvals.command(short_help="Show one in full.")
@click.argument("approval_id", metavar="APPROVAL")
@json_option
@click.pass_obj
def show(context: Context, approval_id: str) -> None:
    """Show exactly what would happen, where each part came from, who may answer, and until when."""
    with context.reach() as app:
        found = app.approvals.find(approval_id)
        if context.as_json:
            emit(_as_json(found))
        else:
            _card(app, found)


@approvals.command(short_help="Let exactly this happen, once.")
@click.argument("approval_id", metavar="APPROVAL")
@_digest_option
@json_option
@click.pass_obj
def accept(context: Context, approval_id: str, digest: str) -> None:
    """Show it again and, when you confirm, let exactly this happen, once; the waiting run goes on at once.

    Without a terminal, name what you saw: --digest takes the card's digest from `show`. What has changed since is not
    accepted.
    """
    with context.reach() as app:
        found = app.approvals.find(approval_id)
        _warn(context, app, found)
        seen = digest or _confirmed(context, app, found, "Accept exactly this, once?")
        _tell(context, app.approvals.answer(found.id, _verdict("accept"), card=seen))


@approvals.command(short_help="Let it happen as you put it.")
@click.argument("approval_id", metavar="APPROVAL")
@click.option("--set", "settings", metavar="NAME=VALUE", multiple=True, help="A new value for an argument.")
@click.option("--effect", type=click.IntRange(min=1), default=1, show_default=True, help="Which effect of a plan.")
@_digest_option
@json_option
@click.pass_obj
def edit(context: Context, approval_id: str, settings: tuple[str, ...], effect: int, digest: str) -> None:
    """Change an effect and let it happen like that, once. Yours and the agent's version are both kept.

    Opens $EDITOR on the arguments, or takes them from --set. --digest is that of the card before your change.
    """
    from gainful.cli.gate.approval_edit import differing
    from gainful.gate.approval import AnswerInvalid

    with context.reach() as app:
        found = app.approvals.find(approval_id)
        if effect > len(found.proposals):
            raise AnswerInvalid(f"There is no effect {effect}.", f"Approval {found.id} covers {len(found.proposals)}.")
        proposal = found.proposals[effect - 1]
        changes = {effect - 1: differing(_changes(settings, proposal), proposal)}
        _warn(context, app, found)
        seen = digest
        if not seen:
            _confirmed(context, app, app.approvals.edited(found.id, changes), "Let it happen like this, once?")
            seen = found.card
        _tell(context, app.approvals.answer(found.id, _verdict("edit"), card=seen, changes=changes))


@approvals.command(short_help="Tell the agent what to do instead.")
@click.argument("approval_id", metavar="APPROVAL")
@click.argument("text")
@json_option
@click.pass_obj
def respond(context: Context, approval_id: str, text: str) -> None:
    """Let nothing happen, and give the agent your words; it may ask for something else."""
    _answer(context, approval_id, "respond", text)


@approvals.command(short_help="Let nothing happen, without a word.")
@click.argument("approval_id", metavar="APPROVAL")
@json_option
@click.pass_obj
def ignore(context: Context, approval_id: str) -> None:
    """Let nothing happen; the agent goes on without it."""
    _answer(context, approval_id, "ignore", "")


@approvals.command(short_help="Say no.")
@click.argument("approval_id", metavar="APPROVAL")
@click.argument("reason", default="")
@json_option
@click.pass_obj
def refuse(context: Context, approval_id: str, reason: str) -> None:
    """Say no, with a REASON for the agent if you like; nothing happens."""
    _answer(context, approval_id, "refuse", reason)


def _answer(context: Context, approval_id: str, verdict: str, text: str) -> None:
    with context.reach() as app:
        _tell(context, app.approvals.answer(approval_id, _verdict(verdict), text=text))


def _warn(context: Context, app: Gainful | RemoteDesk, found: Approval) -> None:
    """Say what it means to accept by a token what cannot be taken back."""
    from gainful.gate.approval_sheet import grave

    if context.remote and grave(found):
        who = safe(app.approvals.person, 80)
        note(f"This cannot be taken back. It is accepted in the name of {who}, by your token of '{context.remote}':")
        note("a token is asked for no password, unlike a browser. Whoever has the token can do the same.")


def _verdict(word: str) -> Verdict:
    from gainful.gate.approval import Verdict

    return Verdict(word)


def _changes(settings: tuple[str, ...], proposal: Any) -> Mapping[str, Any]:
    """The arguments as the person wants them: from options, else from their editor."""
    from gainful.cli.gate.approval_edit import as_file, from_file, from_options

    if settings:
        return from_options(settings, proposal)
    if not sys.stdin.isatty():
        raise AnswerMissing("There is no terminal for an editor.", "Give the changes with --set NAME=VALUE.")
    written = click.edit(as_file(proposal), extension=".txt", require_save=False)
    return from_file(written or "", proposal)


def _confirmed(context: Context, app: Gainful | RemoteDesk, shown: Approval, question: str) -> str:
    """The digest of the card that the person was just shown and agreed to."""
    if context.as_json or not sys.stdin.isatty():
        raise AnswerMissing(
            "Nobody is here to confirm what is shown.",
            f"Read it with `gainful approvals show {shown.id}`, then add --digest with the digest of its card.",
        )
    _card(app, shown)
    click.confirm(f" {question}", abort=True)
    return shown.card


def _card(app: Gainful | RemoteDesk, approval: Approval) -> None:
    from gainful.cli.gate.approval_view import show as show_card

    show_card(approval, app.clock(), app.approvals.person)


def _tell(context: Context, told: Told) -> None:
    approval = told.approval
    if context.as_json:
        emit({**_as_json(approval), "run": told.run, "problem": told.problem})
        return
    said = {"accepted": "Accepted", "edited": "Accepted as you put it", "responded": "Told the agent"}
    say(f"{said.get(approval.state, str(approval.state).capitalize())}: approval {approval.id}.")
    run = f"Run {approval.run_id}"
    match told.run:
        case "done":
            say(f"{run} went on and is done.")
        case "waiting":
            say(f"{run} went on and asks for your word again: gainful approvals")
        case "later":
            say(f"{run} goes on with `gainful serve`.")
            if told.problem:
                note(f"It could not go on here: {safe(told.problem, 1000)}")
        case "failed":
            note(f"{run} went on and failed: {safe(told.problem, 1000)}")


def _as_json(approval: Approval) -> dict[str, Any]:
    from gainful.gate.approval_export import as_json

    return as_json(approval)
