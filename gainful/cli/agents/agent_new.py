"""`gainful agent new`: asks what an agent is to do, and writes its file."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import click

from gainful.cli.answers import Asker
from gainful.cli.context import Context, json_option
from gainful.cli.screen import emit, note, safe, say
from gainful.core.errors import Invalid

if TYPE_CHECKING:
    from gainful.agents.file.agent_template import Wishes
    from gainful.app import Gainful
    from gainful.app.agent.agent_state import Checked

CHAT = ("mention", "direct")
LIST = "list"


@click.command(short_help="Make a new agent: ask, and write its file.")
@click.argument("called", metavar="[NAME]", required=False)
@click.option("--like", metavar="AGENT", help="Take over one that Gainful brings along; `--like list` names them.")
@click.option("--name", help="What to call it: small letters, digits and hyphens; the same as NAME.")
@click.option("--purpose", help="What it is for, in a sentence.")
@click.option(
    "--when",
    multiple=True,
    metavar="WHEN",
    help="What wakes it: mention, direct, hand, or times as cron has them: '0 9 * * 1-5'. May be repeated.",
)
@click.option("--tool", "tools", multiple=True, metavar="TOOL", help="A tool that it may use; may be repeated.")
@click.option("--answer", metavar="WHERE", help="Where its last text goes: reply, none, or a tool.")
@click.option("--run", "run_cap", metavar="USD", help="The most that one run may cost.  [0.25]")
@click.option("--month", "month_cap", metavar="USD", help="The most that it may cost a month.  [10]")
@click.option("--model", metavar="PROVIDER:NAME", help="Its language model.  [that of the settings]")
@click.option("--yes", is_flag=True, help="Ask nothing; take the defaults for what is not given.")
@json_option
@click.pass_obj
def new(context: Context, /, called: str | None, yes: bool, like: str | None, **given: Any) -> None:
    """Make a new agent: ask what it is to do, and write agents/NAME/AGENT.md.

    Nothing wakes it, and it may do nothing, before you enable it.
    """
    from gainful.agents.file.agent_template import written

    if called and given["name"]:
        raise click.UsageError("The name is given twice.")
    given["name"] = given["name"] or called
    if like == LIST:
        _say_built_in(context)
        return
    with context.open() as app:
        if like is not None:
            _say_done(context, app.agents.new(_taken_over(like, app.guards.person, given["name"] or "")))
            return
        amounts = _Amounts()
        wishes = _wishes(app, given, Asker(quiet=yes), amounts)
        if amounts.wrong:
            raise _with_what_else(amounts.wrong, app, written(wishes))
        checked = app.agents.new(written(wishes))
    _say_done(context, checked)


def _taken_over(like: str, owner: str, name: str) -> str:
    from gainful.agents import built_in

    if like not in built_in.names():
        raise Invalid(f"Gainful brings no agent '{like[:60]}' along.", f"It brings: {', '.join(built_in.names())}.")
    return built_in.text_of(like, owner, name)


def _say_built_in(context: Context) -> None:
    from gainful.agents import built_in
    from gainful.agents.file.agent_reading import agent_file_from

    for name in built_in.names():
        purpose = agent_file_from(built_in.text_of(name, "you")).purpose
        if context.as_json:
            emit({"agent": name, "purpose": purpose})
        else:
            say(f"{name:16} {purpose}")


def _with_what_else(wrong: list[Invalid], app: Gainful, text: str) -> Invalid:
    """The first mistake, which has the others and those of the file with it."""
    from gainful.agents.file.agent_problems import AgentFileInvalid

    others = [str(error) for error in wrong[1:]]
    try:
        app.agents.look(text, "")
    except Invalid as error:
        # Nobody has seen the file yet, so its lines say nothing.
        found = error.problems if isinstance(error, AgentFileInvalid) else ()
        others += [f"{one.what}. {one.fix}" for one in found] or [str(error)]
    return Invalid(wrong[0].what, wrong[0].next_move, also=others)


class _Amounts:
    """Reads amounts, and keeps what is wrong with them until the rest has been looked at.

    Args:
        wrong: The mistakes so far.
    """

    def __init__(self) -> None:
        self.wrong: list[Invalid] = []

    def read(self, text: str) -> Decimal:
        """The amount; zero for what is none."""
        try:
            return _amount(text)
        except Invalid as error:
            self.wrong.append(error)
            return Decimal(0)


def _wishes(app: Gainful, given: dict[str, Any], ask: Asker, amounts: _Amounts) -> Wishes:
    from gainful.agents.file.agent_template import Wishes
    from gainful.app.local_zone import local_zone

    name = given["name"] or ask.ask("Name", "--name", None)
    purpose = given["purpose"] or ask.ask("What is it for, in a sentence", "--purpose", None)
    wakes = given["when"] or _parts(ask.ask("What wakes it: mention, direct, hand, or cron times", "--when", "hand"))
    tools = given["tools"] or _parts(ask.ask("Tools it may use, with commas between", "--tool", ""), ",")
    usual = "reply" if set(wakes) & set(CHAT) else "none"
    return Wishes(
        name=name,
        owner=app.guards.person,
        purpose=purpose,
        wakes=wakes,
        zone=app.config.schedule.timezone or local_zone(),
        tools=tools,
        answer=given["answer"] or ask.ask("Where its answer goes: reply, none, or a tool", "--answer", usual),
        run=amounts.read(given["run_cap"] or ask.ask("The most that a run may cost, in USD", "--run", "0.25")),
        month=amounts.read(given["month_cap"] or ask.ask("The most that a month may cost, in USD", "--month", "10")),
        model=given["model"] or "",
    )


def _parts(answer: str, between: str = ";") -> tuple[str, ...]:
    return tuple(part.strip() for part in re.split(f"[{between}]", answer) if part.strip())


def _amount(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or not 0 <= amount < 1_000_000:
        raise Invalid(f"'{text[:40]}' is no amount in USD.", "Write it like 10 or 0.50.")
    return amount


def _say_done(context: Context, checked: Checked) -> None:
    name, path = checked.draft.name, checked.draft.path
    if context.as_json:
        emit({"agent": name, "file": str(path), "digest": checked.draft.version.digest, "notes": list(checked.notes)})
        return
    say(f"{click.style('Written', fg='green', bold=True)}: {safe(str(path))}")
    for line in checked.notes:
        note(f"  {safe(line)}")
    say("Edit it: what stands there now is a beginning.")
    say("")
    say(f"  gainful agent validate {name}    checks it after you have edited it")
    say(f"  gainful agent enable {name}      shows what it may do, and lets it be woken")
