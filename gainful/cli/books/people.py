"""`gainful people`: who works here, by lists of personnel systems; what is kept about somebody, and forgetting them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gainful.cli import exits
from gainful.cli.context import Context, json_option
from gainful.cli.screen import console, emit, note, plural, safe, say

if TYPE_CHECKING:
    from gainful.app.books.people import Known, Plan

SHOWN = 20


@click.group(short_help="Who works here; what is kept about them.")
@json_option
def people() -> None:
    """Say who works here, in which team, and under which names; hand out and forget what is kept about somebody.

    Facts hold pseudonyms. Names stand in one table beside them, and can be erased there.
    """


@people.command("import", short_help="Take in a list of people.")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE.csv")
@click.option("--map", "columns", multiple=True, metavar="COLUMN=FIELD", help="What a column is.")
@click.option("--whole", is_flag=True, help="It lists everybody: whoever is not on it has left.")
@click.option("--apply", "apply_", is_flag=True, help="Do it. Without, it shows what would change.")
@json_option
@click.pass_obj
def import_people(context: Context, file: Path, columns: tuple[str, ...], whole: bool, apply_: bool) -> int:
    """Take in a list of people as a personnel system exports it: CSV with a header.

    FIELD is one of id, team, identities, eligible, since and left_at; `id` is needed. Several columns may be
    identities: other names of the same person, such as an address. Without --map, columns are called so.

    It shows what would change, and what of the list is left out: lines that disagree, names of several people.
    """
    from gainful.intake.people import FIELDS, read_people

    named = dict(one.rpartition("=")[::2] for one in columns)
    wrong = sorted(set(named.values()) - set(FIELDS))
    if wrong or not all(named):
        raise click.BadParameter(f"'{wrong[0] if wrong else columns[0]}' is no field; fields are {', '.join(FIELDS)}.")
    found = read_people(file, named)
    with context.open() as app:
        plan = app.people.plan(found, whole=whole)
        if apply_:
            app.people.apply(plan)
    if context.as_json:
        emit(_plan_json(plan, applied=apply_))
    else:
        _show(plan, applied=apply_, whole=whole)
    return exits.FINDINGS if plan.problems else exits.OK


def _plan_json(plan: Plan, *, applied: bool) -> dict[str, object]:
    return {
        "applied": applied,
        "changes": [{"person": one.person, "what": one.what} for one in plan.changes],
        "new_teams": plan.teams,
        "same": plan.same,
        "missing": plan.missing,
        "problems": [{"line": one.line, "reason": one.reason} for one in plan.problems],
    }


def _show(plan: Plan, *, applied: bool, whole: bool) -> None:
    for change in plan.changes[:SHOWN]:
        say(f"{safe(change.person, 60)}: {safe(change.what, 300)}")
    if len(plan.changes) > SHOWN:
        say(f"… and {len(plan.changes) - SHOWN:,} more; --json shows all.")
    if plan.teams:
        say(f"New: {plural(len(plan.teams), 'team')}: {safe(', '.join(plan.teams), 300)}.")
    say(f"{plural(len(plan.changes), 'change')}, {plan.same:,} as known.")
    if plan.missing and not whole:
        say(
            f"{plural(plan.missing, 'person is', 'people are')} known and not on the list; --whole says they have left."
        )
    if plan.problems:
        note(f"{plural(len(plan.problems), 'problem')}:")
        for one in plan.problems[:SHOWN]:
            note(f"  line {one.line}: {safe(one.reason, 300)}")
    if plan.changes and not applied:
        say("Nothing was changed yet. Do it with --apply.")


@people.command("list", short_help="Show who is known.")
@click.option("--team", default="", help="Only this team.")
@json_option
@click.pass_obj
def list_people(context: Context, team: str) -> None:
    """Show who is known, with their team and names."""
    with context.open() as app:
        known = [one for one in app.people.listed() if not team or one.person.team == team]
    if context.as_json:
        for one in known:
            emit(_known_json(one))
    elif known:
        console().print(_table(known))
    else:
        say("Nobody is known yet. Take in a list of people: `gainful people import FILE.csv`.")


def _known_json(one: Known) -> dict[str, object]:
    person = one.person
    return {
        "names": one.names,
        "pseudonym": one.pseudonym,
        "team": person.team,
        "eligible": person.eligible,
        "on_board": person.on_board,
        "since": person.at,
        "left_at": person.left_at,
    }


def _table(known: list[Known]) -> object:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("person", "team", "also known as", ""):
        table.add_column(name, overflow="fold")
    for one in known:
        names = [safe(name, 60) for name in one.names]
        person = one.person
        left = f"left {person.left_at:%Y-%m-%d}" if person.left_at is not None else ""
        state = left or ("" if person.eligible else "not eligible")
        table.add_row(names[0] if names else "(forgotten)", safe(person.team, 40), ", ".join(names[1:]), state)
    return table


@people.command(short_help="Write all that is kept about somebody.")
@click.argument("person", metavar="PERSON")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write here, for your eyes alone."
)
@json_option
@click.pass_obj
def export(context: Context, person: str, output: Path | None) -> None:
    """Write all that is kept about PERSON, as JSON Lines; others stand in it under pseudonyms.

    That it was asked for is in the audit log.
    """
    with context.open() as app:
        lines = [json.dumps(one, default=str) for one in app.privacy.export(person)]
    if output is None:
        for line in lines:
            sys.stdout.write(line + "\n")
        return
    target = output.expanduser()
    try:
        target.touch(mode=0o600)
        target.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    except OSError as error:
        raise click.BadParameter(f"{target} cannot be written: {error.strerror}.", param_hint="--output") from None
    if context.as_json:
        emit({"file": str(target), "lines": len(lines)})
    else:
        note(f"{plural(len(lines), 'line')} in {safe(str(target), 300)}.")


@people.command(short_help="Erase somebody's names; their work stays, as nobody's.")
@click.argument("person", metavar="PERSON")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@click.pass_obj
def forget(context: Context, person: str, yes: bool) -> None:
    """Erase every name of PERSON. It cannot be taken back.

    Sums, boards of teams and the chain of facts stay as they are: the facts hold a pseudonym that leads to nobody. What
    systems report later is about somebody new, and so is what they report again.
    """
    with context.open() as app:
        if not yes:
            if context.as_json or not sys.stdin.isatty():
                from gainful.cli.answers import AnswerMissing

                raise AnswerMissing("Nobody is there to ask whether to forget somebody for good.", "Add --yes.")
            click.confirm(f"Erase every name of {safe(person, 80)} for good?", abort=True)
        erased = app.privacy.forget(person)
    if context.as_json:
        emit({"erased": erased})
    else:
        say(f"{plural(erased, 'name')} erased. What was kept under them is nobody's now.")


@people.command(short_help="Show how long facts are kept; delete what is older.")
@click.option("--apply", "apply_", is_flag=True, help="Delete it now; `gainful serve` does it by itself.")
@json_option
@click.pass_obj
def retention(context: Context, apply_: bool) -> None:
    """Show how long each kind of fact is kept, as `[privacy] keep_days` says, and how many are older.

    What belongs to a work item goes when nothing has been reported of the item for as long. What calls cost stays in
    the sums by model, team and tool.
    """
    with context.open() as app:
        keeping = app.privacy.keeping()
        gone = app.privacy.delete_old() if apply_ else {}
    if context.as_json:
        for one in keeping:
            emit({"kind": one.kind, "days": one.days, "older": one.over, "deleted": gone.get(one.kind, 0)})
        return
    if not keeping:
        say("Everything is kept for good. [privacy] keep_days in the settings says otherwise, by kind.")
    for one in keeping:
        done = "deleted" if apply_ else "older"
        say(f"{one.kind}: {one.days:,} days, {one.over:,} {done}")
    if any(one.over for one in keeping) and not apply_:
        say("Delete them with --apply.")
