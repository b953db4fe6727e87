"""Agents: what each is for and may do, its versions, and making, changing, enabling and stopping them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from gainful.agents.file.agent_problems import AgentFileInvalid
from gainful.agents.file.agent_template import Wishes, written
from gainful.app.agent.agent_folder import AgentExists
from gainful.app.agent.agents import Agents, NotYourAgent
from gainful.app.console import Right
from gainful.app.guarding.guards import BUILT_IN
from gainful.core.errors import GainfulError
from gainful.ledger.budget import Standing
from gainful.policy.manifest import Manifest
from gainful.policy.manifest_words import conditions, limits, never
from gainful.web.console.asking import Ask, FormInvalid, Moved, Page, PageMissing, Shown

LONGEST_FILE = 60_000


def listing(ask: Ask) -> Shown:
    """Every agent and built-in job, and how it stands."""
    app = ask.app
    values = {
        "title": "Agents",
        "agents": app.agents.states(),
        "jobs": [(job, app.guards.stops.reason(job)) for job in BUILT_IN],
        "everybody": app.guards.stops.reason("all"),
        "left": _left(ask),
    }
    return Shown("agents.html", values, live=("agents",))


def _left(ask: Ask) -> dict[str, Standing]:
    """The budget of this month of each agent; of several, that of which least is left."""
    found: dict[str, Standing] = {}
    for one in ask.app.budgets.listed():
        scope, _, name = one.scope.partition(":")
        standing = one.standing
        if scope not in ("agent", "manifest") or standing.budget.period != "month" or standing.left is None:
            continue
        known = found.get(name)
        if known is None or known.left is None or standing.left < known.left:
            found[name] = standing
    return found


def one(ask: Ask) -> Shown:
    """One agent: what it is for, what it may do, what enabling it would change."""
    name = ask.path["agent"]
    return _job(ask, name) if name in BUILT_IN else _agent(ask, name)


def _agent(ask: Ask, name: str, unsaved: str = "", wrong: Sequence[str] = ()) -> Shown:
    """The page of an agent.

    Args:
        unsaved: What somebody wrote in place of its file and could not be kept.
        wrong: Why it could not.
    """
    app = ask.app
    state = app.agents.state(name)
    manifest = app.guards.in_force(name)
    change, problem, person = None, "", app.guards.person
    if ask.who.may(Right.MANAGE) and name in app.agents.folder.names() and (state.changed or state.state != "enabled"):
        try:
            change = app.agents.change(name)
        except NotYourAgent:
            problem = f"Agents here belong to {person}. Before it can be enabled, write `owner: {person}` in its file."
        except GainfulError as error:
            problem = str(error)
    values = {
        "title": name,
        "name": name,
        "left": _left(ask).get(name),
        "state": state,
        "may_do": _sentences(ask, name, manifest),
        "change": change,
        "would": _sentences(ask, name, change.checked.manifest) if change is not None else None,
        # What keeps it from being enabled is mostly what is wrong with it, and is said once.
        "problem": problem if problem != state.problem else "",
        "person": person,
        "history": app.agents.history(name) if state.standing is not None else [],
        "text": _text(app.agents, name) if ask.who.may(Right.MANAGE) else "",
        "unsaved": unsaved,
        "wrong": wrong,
    }
    return Shown("agent.html", values, 400 if wrong else 200, live=("agents",))


def _job(ask: Ask, name: str) -> Shown:
    shown = ask.app.guards.shown(name)
    values = {
        "title": name,
        "name": name,
        "about": shown.manifest.about if shown is not None else "",
        "stopped": ask.app.guards.stops.reason(name),
        "may_do": _sentences(ask, name, shown.manifest if shown is not None else None),
    }
    return Shown("job.html", values, live=("agents",))


def _text(agents: Agents, name: str) -> str:
    try:
        return agents.folder.text(name)
    except GainfulError:
        return ""


def _sentences(ask: Ask, name: str, manifest: Manifest | None) -> dict[str, Any]:
    """A manifest as a person reads it."""
    if manifest is None:
        return {"grants": [], "never": "It may do nothing: nobody has approved what it may do.", "limits": []}
    tools = {**ask.app.toolbox.outside.specs(), **ask.app.policies.tools(name)}
    grants = [
        {
            "word": word,
            "tool": grant.tool,
            "reach": str(tools[grant.tool].effect) if grant.tool in tools else "?",
            "only": conditions(grant),
        }
        for word, granted in (("read", manifest.reads), ("act", manifest.effects))
        for grant in granted
    ]
    return {"grants": grants, "never": never(manifest, tools), "limits": limits(manifest)}


def version(ask: Ask) -> Shown:
    """What one version changed in an agent's file."""
    number = ask.path["number"]
    if not number.isdecimal() or len(number) > 6:
        raise PageMissing("There is no such version.", "The agent's page lists them.")
    name = ask.path["agent"]
    values = {
        "title": f"{name}, version {number}",
        "name": name,
        "number": int(number),
        "difference": ask.app.agents.diff(name, int(number)),
    }
    return Shown("version.html", values)


# --- making and changing ----------------------------------------------------------------------------------------------


def new(ask: Ask) -> Shown:
    """A form for a new agent."""
    return _form(ask)


def make(ask: Ask) -> Moved | Shown:
    """Write a new agent's file. It may do nothing before it is enabled. What cannot be used comes back to be mended."""
    wishes, wrong = _wishes(ask)
    text = written(wishes)
    try:
        if wrong:
            ask.app.agents.look(text, "")
            return _form(ask, wrong)
        made = ask.app.agents.new(text)
    except AgentFileInvalid as error:
        # Nobody has seen the file yet, so its lines say nothing.
        found = [(problem.what, problem.fix) for problem in error.problems] or [(error.what, error.next_move)]
        return _form(ask, [*wrong, *found])
    except (AgentExists, FormInvalid) as error:
        return _form(ask, [*wrong, (error.what, error.next_move)])
    name = made.draft.version.file.name
    return Moved(f"/agents/{name}", f"'{name}' is written. Read what it may do, then enable it.")


def _form(ask: Ask, problems: Sequence[tuple[str, str]] = ()) -> Shown:
    """The form as it was filled in, and what is wrong with that."""
    values = {
        "title": "New agent",
        "tools": sorted(ask.app.agents.ready(ask.who.person)),
        "form": dict(ask.form),
        "chosen": _chosen(ask),
        "problems": problems,
        "person": ask.app.guards.person,
    }
    return Shown("agent_new.html", values, 400 if problems else 200)


def _chosen(ask: Ask) -> tuple[str, ...]:
    """The tools that were ticked."""
    return tuple(value for name, value in sorted(ask.form.items()) if name.startswith("tool-"))


def _wishes(ask: Ask) -> tuple[Wishes, list[tuple[str, str]]]:
    """What was filled in; and what of it is no amount, each with what to do."""
    wrong: list[tuple[str, str]] = []
    amounts: list[Decimal] = []
    for name, default in (("run", "0.25"), ("month", "10")):
        try:
            amounts.append(_amount(ask, name, default))
        except FormInvalid as error:
            wrong.append((error.what, error.next_move))
            amounts.append(Decimal(default))
    wishes = Wishes(
        name=ask.sent("name", 63),
        # Of whom this installation is, whoever writes it here: nobody else could enable it.
        owner=ask.app.guards.person,
        purpose=ask.sent("purpose", 500),
        wakes=tuple(_wakes(ask)),
        zone=ask.form.get("zone", "UTC").strip() or "UTC",
        tools=_chosen(ask),
        run=amounts[0],
        month=amounts[1],
    )
    return wishes, wrong


def _wakes(ask: Ask) -> Iterator[str]:
    for kind in ("mention", "direct"):
        if ask.form.get(kind) == "yes":
            yield kind
    times = ask.form.get("cron", "").strip()
    if times:
        yield times[:100]


def _amount(ask: Ask, name: str, default: str) -> Decimal:
    text = ask.form.get(name, "").strip() or default
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or not 0 <= amount <= 100_000:
        raise FormInvalid(f"'{text[:40]}' is no amount in USD.", "Write one like 10 or 0.25.")
    return amount


def check(ask: Ask) -> Shown:
    """Whether a file could be used, while it is being written; nothing is kept."""
    name, text = ask.path["agent"], ask.form.get("text", "").replace("\r\n", "\n")
    problems, sentences = [], None
    notes: tuple[str, ...] = ()
    try:
        _, manifest, notes = ask.app.agents.look(text, name)
        sentences = _sentences(ask, name, manifest)
    except AgentFileInvalid as error:
        problems = list(_each(error))
    except GainfulError as error:
        problems = [str(error)]
    return Shown("agent_check.html", {"problems": problems, "notes": notes, "may_do": sentences})


def _each(error: AgentFileInvalid) -> Iterator[str]:
    """Every problem of a file, with its line and what to do."""
    for problem in error.problems:
        yield f"{f'Line {problem.line}: ' if problem.line else ''}{problem.what}. {problem.fix}"
    if not error.problems:
        yield str(error)


def write(ask: Ask) -> Moved | Shown:
    """Put another text in place of an agent's file; what is in force stays until it is enabled."""
    from gainful.agents.file.agent_reading import read_agent

    name = ask.path["agent"]
    text = ask.form.get("text", "").replace("\r\n", "\n")
    if not text.strip() or len(text) > LONGEST_FILE:
        raise FormInvalid("The file is empty or too long.", f"Say it in {LONGEST_FILE:,} characters.")
    if read_agent(text, name).problems:
        # A tool that is not there yet keeps nobody from writing the file; where that is wrong anyway, it is told too.
        try:
            ask.app.agents.look(text, name)
        except AgentFileInvalid as error:
            return _agent(ask, name, text, list(_each(error)))
    before = ask.form.get("before", "").replace("\r\n", "\n")
    if not ask.app.agents.folder.rewrite(name, before, text):
        raise FormInvalid(
            "The file was changed by somebody else meanwhile.", "Open the page again; copy your text first."
        )
    return Moved(f"/agents/{name}", "Written. What it did before is in force until you enable this.")


def enable(ask: Ask) -> Moved:
    """Bring an agent into force as it was just looked at."""
    name = ask.path["agent"]
    _only_the_owner_here(ask)
    done = ask.app.agents.enable(name, ask.sent("digest", 64))
    if done.version is None:
        return Moved(f"/agents/{name}", f"It waits for {done.waits_for}.")
    return Moved(f"/agents/{name}", f"'{name}' is enabled, version {done.version.number}.")


def disable(ask: Ask) -> Moved:
    """Let nothing wake an agent."""
    name = ask.path["agent"]
    _only_the_owner_here(ask)
    ask.app.agents.disable(name)
    return Moved(f"/agents/{name}", f"Nothing wakes '{name}' any more.")


def _only_the_owner_here(ask: Ask) -> None:
    """Agents belong to whom this installation is of; their word is not given by somebody else."""
    person = ask.app.guards.person
    if ask.who.person != person:
        raise FormInvalid(
            f"Agents here belong to {person}, and you are {ask.who.person}.",
            f"Let {person} sign in and enable it. If that is you, set `name` under [owner] in gainful.toml to "
            "the name that you sign in with, and start `gainful serve` again.",
        )


def stop(ask: Ask) -> Moved:
    """Stop an agent, or all, before its next effect."""
    name = ask.path["agent"]
    known = {*BUILT_IN, *ask.app.agents.names(), *ask.app.guards.known(), "all"}
    if name not in known:
        raise PageMissing(f"There is no agent '{name[:60]}'.", "See all of them under Agents.")
    fresh = ask.app.guards.acting(ask.who.person).stop(name, ask.form.get("reason", "").strip()[:300])
    whom = "Everything" if name == "all" else f"'{name}'"
    return Moved("/agents", f"{whom} {'is stopped' if fresh else 'was stopped already'}.")


def resume(ask: Ask) -> Moved:
    """Let a stopped agent go on."""
    name = ask.path["agent"]
    lifted = ask.app.guards.acting(ask.who.person).resume(name)
    whom = "Everything" if name == "all" else f"'{name}'"
    return Moved("/agents", f"{whom} {'may go on' if lifted else 'was not stopped'}.")


PAGES = (
    Page("GET", "/agents", Right.LOOK, listing),
    Page("GET", "/agents/new", Right.MANAGE, new),
    Page("POST", "/agents/new", Right.MANAGE, make),
    Page("GET", "/agents/{agent}", Right.LOOK, one),
    Page("POST", "/agents/{agent}", Right.MANAGE, write),
    Page("POST", "/agents/{agent}/check", Right.MANAGE, check),
    Page("POST", "/agents/{agent}/enable", Right.MANAGE, enable),
    Page("POST", "/agents/{agent}/disable", Right.MANAGE, disable),
    Page("POST", "/agents/{agent}/stop", Right.OPERATE, stop),
    Page("POST", "/agents/{agent}/resume", Right.OPERATE, resume),
    Page("GET", "/agents/{agent}/versions/{number}", Right.MANAGE, version),
)
