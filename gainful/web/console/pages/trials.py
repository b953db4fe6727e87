"""Trying an agent on recorded input: what it may cost, one trial as it goes, and beside it what happened then."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal, InvalidOperation

from gainful.app.agent.trials import Quote
from gainful.app.console import Right
from gainful.app.explaining.beside import beside, intended, verdict
from gainful.app.explaining.replay import Replay
from gainful.core.errors import GainfulError
from gainful.core.money import Money
from gainful.storage.console.trial_store import Trial
from gainful.web.console.asking import Ask, FormInvalid, Moved, Page, PageMissing, Shown


def form(ask: Ask) -> Shown:
    """What it can be tried on, and what that may cost."""
    name, trials = _agent(ask), ask.app.trials
    quotes: dict[str, Quote] = {}
    problems: dict[str, str] = {}
    for version in ("file", "enabled"):
        try:
            quotes[version] = trials.quote(name, enabled=version == "enabled")
        except GainfulError as error:
            problems[version] = str(error)
    last = trials.last(ask.who.person)
    values = {
        "title": f"Try {name} on recorded input",
        "name": name,
        "inputs": trials.inputs(name),
        "quotes": quotes,
        "problems": problems,
        "last": last,
        "under_way": last is not None and not trials.is_over(last),
    }
    return Shown("agent_try.html", values, live=("runs",))


def begin(ask: Ask) -> Moved:
    """Begin a trial; a server carries it out."""
    name = _agent(ask)
    version = ask.form.get("version", "file")
    if version not in ("file", "enabled"):
        raise FormInvalid("No version was chosen.", "Go back, and choose one.")
    agreed = _amount(ask.sent("most", 40)) if ask.form.get("agreed") == "yes" else None
    recorded = ask.sent("input", 300)
    trial = ask.app.trials.begin(name, recorded, enabled=version == "enabled", person=ask.who.person, agreed=agreed)
    return Moved(f"/agents/{name}/trials/{trial.run_id}", "The trial begins. Every effect is held back.")


def one(ask: Ask) -> Shown:
    """A trial as it stands, beside what was recorded."""
    name = _agent(ask)
    trial = ask.app.trials.find(ask.path["run"])
    if trial is None or trial.agent != name:
        raise PageMissing("There is no such trial.", "The agent's page leads to a new one.")
    over = ask.app.trials.is_over(trial)
    tried, then = _replay(ask, trial.run_id), _replay(ask, trial.recorded)
    effects = intended(tried) if tried is not None else []
    values = {
        "title": f"Trial of {name}",
        "name": name,
        "trial": trial,
        "version": _version(ask, trial),
        "woken": ask.app.occurrences.of_run(trial.recorded),
        "tried": tried,
        "then": then,
        "over": over,
        "most": Money(trial.most) if trial.most else None,
        "effects": [(verdict(frame), frame) for frame in effects],
        "counts": Counter(map(verdict, effects)),
        "abouts": {tool: spec.about for tool, spec in ask.app.agents.specs(name).items()},
        "pairs": beside(then, tried, over=over),
    }
    return Shown("trial.html", values, live=() if over else ("runs", "approvals"))


def _version(ask: Ask, trial: Trial) -> str:
    """What was tried, as people call it now."""
    agents = ask.app.agents
    for stored in agents.history(trial.agent):
        if stored.digest == trial.version:
            return f"version {stored.number}"
    try:
        now = agents.draft(trial.agent).version.digest
    except GainfulError:
        now = ""
    return "its file as it is now" if now == trial.version else "its file as it was then"


def _amount(text: str) -> Money:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or not 0 <= amount <= 1_000_000:
        raise FormInvalid(f"'{text}' is no amount in USD.", "Go back, and open the page again.")
    return Money(amount)


def _replay(ask: Ask, run_id: str) -> Replay | None:
    """The steps of a run; None where it has not begun, or was never made."""
    return ask.app.replays.of(run_id) if ask.app.runs.find(run_id) is not None else None


def _agent(ask: Ask) -> str:
    """The name of the address.

    Raises:
        PageMissing: There is no such agent.
    """
    name = ask.path["agent"]
    if name not in ask.app.agents.names():
        raise PageMissing(f"There is no agent '{name[:60]}'.", "See all of them under Agents.")
    return name


PAGES = (
    Page("GET", "/agents/{agent}/try", Right.MANAGE, form),
    Page("POST", "/agents/{agent}/try", Right.MANAGE, begin),
    Page("GET", "/agents/{agent}/trials/{run}", Right.MANAGE, one),
)
