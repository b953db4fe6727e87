"""What `gainful doctor` looks at: each check answers what it found and, where something is off, the next move."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from gainful.cli.installing import agent_checks, service_checks
from gainful.cli.installing.found import Check, State
from gainful.cli.screen import plural
from gainful.core.clock import Clock
from gainful.core.errors import GainfulError
from gainful.core.mail import Role
from gainful.sdk.mail import Ability
from gainful.storage.database import location
from gainful.storage.health import damage
from gainful.storage.settings.config import MODEL_KEY, Account, Config, Home, load

if TYPE_CHECKING:
    from gainful.app import Gainful

LOW_SPACE = 500 * 1024 * 1024
NO_SPACE = 50 * 1024 * 1024
SKEW = timedelta(minutes=5)


def examine(home: Home, opener: Callable[[], Gainful], clock: Clock) -> Iterator[Check]:
    """The checks, one after the other; those that cannot be made because an earlier one failed are left out."""
    yield _python()
    yield _home(home)
    yield _space(home)
    try:
        config = load(home)
    except GainfulError as error:
        yield _failed("settings", error)
        return
    yield _settings(config, home)
    yield _timezone(config, clock)
    try:
        app = opener()
    except GainfulError as error:
        yield _failed("database", error)
        return
    with app:
        yield from _inside(app, config, home, clock)


def _inside(app: Gainful, config: Config, home: Home, clock: Clock) -> Iterator[Check]:
    yield _guarded("database", lambda: _database(app, home))
    yield _guarded("books", lambda: _books(app))
    yield _guarded("sums", lambda: _sums(app))
    yield _guarded("clock", lambda: _clock(app, clock))
    yield _guarded("secrets", lambda: _secrets(app, config))
    yield _guarded("stops", lambda: _stops(app))
    yield _guarded("manifests", lambda: _manifests(app))
    yield _guarded("policy", lambda: _policy(app, config))
    for account in config.accounts:
        yield _guarded(f"account {account.name}", lambda account=account: _account(app, account))  # type: ignore[misc]
    yield _guarded("language model", lambda: _model(app, config))
    if config.console.oidc.on:
        yield _guarded("sign-in", lambda: _sign_in(app))
    if config.traces.endpoint:
        yield _guarded("traces", lambda: service_checks.traces(app))
    yield _guarded("shell", lambda: _shell(config, home))
    yield _guarded("agents", lambda: agent_checks.agents(app))
    for chat in config.chats:
        yield _guarded(f"chat {chat.name}", lambda name=chat.name: agent_checks.chat(app, name))  # type: ignore[misc]
    for service in config.services:
        yield _guarded(f"service {service.name}", lambda name=service.name: service_checks.service(app, name))  # type: ignore[misc]
    yield _guarded("uncertain", lambda: agent_checks.uncertain(app))


def _guarded(name: str, check: Callable[[], Check]) -> Check:
    try:
        return check()
    except GainfulError as error:
        return _failed(name, error)


def _failed(name: str, error: GainfulError) -> Check:
    return Check(name, State.FAIL, f"{error.what} [{error.code}]", error.next_move)


def _sign_in(app: Gainful) -> Check:
    from gainful.app.console.provider_check import examined

    found = examined(app.by_provider)
    keys = plural(int(found["keys"]), "key")
    return Check("sign-in", State.OK, f"{found['issuer']} answers, with {keys}; the client is {found['client']}.")


def _python() -> Check:
    version = ".".join(str(part) for part in sys.version_info[:3])
    return Check("python", State.OK, f"Python {version}")


def _home(home: Home) -> Check:
    if not home.path.exists():
        return Check("home", State.WARN, f"{home.path} is not there yet.", "Run `gainful init`.")
    info = home.path.stat()
    if not os.access(home.path, os.W_OK | os.X_OK):
        return Check(
            "home", State.FAIL, f"{home.path} cannot be written.", "Change its owner, or choose another --home."
        )
    if stat.S_IMODE(info.st_mode) & 0o077:
        mode = f"{stat.S_IMODE(info.st_mode):o}"
        return Check("home", State.WARN, f"{home.path} is open to other users (mode {mode}).", f"chmod 700 {home.path}")
    return Check("home", State.OK, f"{home.path}, yours alone")


def _space(home: Home) -> Check:
    there = next(path for path in (home.path, *home.path.parents) if path.exists())
    free = shutil.disk_usage(there).free
    shown = f"{free / 1e9:.1f} GB free"
    if free < NO_SPACE:
        return Check("disk", State.FAIL, shown, "Free some space: nothing can be booked, so nothing will be done.")
    if free < LOW_SPACE:
        return Check("disk", State.WARN, shown, "Free some space soon.")
    return Check("disk", State.OK, shown)


def _settings(config: Config, home: Home) -> Check:
    if not config.accounts:
        return Check("settings", State.WARN, "No mailbox is set up.", "Run `gainful init`.")
    names = ", ".join(account.name for account in config.accounts)
    return Check("settings", State.OK, f"{home.config}: {names}")


def _timezone(config: Config, clock: Clock) -> Check:
    from zoneinfo import ZoneInfo

    zone = ZoneInfo(config.schedule.timezone) if config.schedule.timezone else None
    local = clock().astimezone(zone)
    nightly = config.schedule.nightly
    when = f"nightly triage at {nightly:%H:%M}" if nightly else "no nightly triage"
    return Check("time zone", State.OK, f"{local.tzname()}, now {local:%H:%M}; {when}")


def _database(app: Gainful, home: Home) -> Check:
    problem = damage(app.database)
    if problem:
        move = f"Keep a copy, then restore a backup of {home.database}."
        return Check("database", State.FAIL, problem, move)
    where = location(app.database)
    if app.workers is not None:
        return Check("database", State.OK, f"{where}, up to date, {_processes(len(app.workers.all()))} at work")
    size = home.database.stat().st_size / 1e6
    return Check("database", State.OK, f"{where}, {size:.1f} MB, whole and up to date")


def _processes(count: int) -> str:
    return "1 process" if count == 1 else f"{count} processes"


def _books(app: Gainful) -> Check:
    findings = app.ledger.verify()
    if findings:
        return Check("books", State.FAIL, findings[0].message, "See `gainful ledger verify`.")
    return Check("books", State.OK, "sound: every entry balances, none was changed")


def _sums(app: Gainful) -> Check:
    days = app.sums.wrong()
    if not days:
        return Check("sums", State.OK, "what runs cost agrees with what teams and agents cost")
    what = f"What runs cost does not agree with what teams and agents cost on {plural(len(days), 'day')}: {days[0]}"
    what += f" to {days[-1]}." if len(days) > 1 else "."
    move = "`gainful serve` sums them up within the hour. Stop processes of an older Gainful: they leave such sums out."
    return Check("sums", State.WARN, what, move)


def _clock(app: Gainful, clock: Clock) -> Check:
    last = next(iter(app.ledger.rows(limit=1)), None)
    now = clock()
    if last and datetime.fromisoformat(last.at) > now + SKEW:
        what = f"The last entry in the books is from {last.at[:16]}, but it is {now:%Y-%m-%d %H:%M} now (UTC)."
        return Check("clock", State.FAIL, what, "Set the machine's clock, for instance with timedatectl.")
    return Check("clock", State.OK, f"{now:%Y-%m-%d %H:%M} UTC, not before the books' last entry")


def _secrets(app: Gainful, config: Config) -> Check:
    names = [account.secret for account in config.accounts if account.is_server and not account.password_file]
    missing = [name for name in names if app.secrets.get(name) is None]
    if missing:
        name = missing[0].partition(":")[2]
        what = f"No password is sealed for account '{name}'."
        return Check(
            "secrets", State.FAIL, what, f"Run `gainful secrets set {missing[0]}`, or set GAINFUL_IMAP_PASSWORD."
        )
    if not app.secrets.names():
        return Check("secrets", State.OK, "none is needed yet")
    return Check("secrets", State.OK, f"sealed with {app.secrets.where}, which is yours alone")


def _stops(app: Gainful) -> Check:
    stops = app.guards.stops.all()
    if not stops:
        return Check("stops", State.OK, "nobody is stopped")
    what = " ".join(app.guards.stops.reason(stop.agent) for stop in stops)
    return Check("stops", State.WARN, what, f"`gainful resume {stops[0].agent}` lets it go on.")


def _manifests(app: Gainful) -> Check:
    agents = app.guards.known()
    for agent in agents:
        app.guards.guard(agent)
        if waiting := app.guards.waiting(agent):
            return Check("manifests", State.WARN, waiting, f"Read it: `gainful manifest show {agent} --proposed`.")
    return Check("manifests", State.OK, f"{', '.join(agents)}: as approved, none changed")


def _policy(app: Gainful, config: Config) -> Check:
    count = len(app.guards.organisation())
    if not config.organisation.policy:
        return Check("policy", State.OK, "no rules of an organisation besides our own")
    return Check("policy", State.OK, f"{config.organisation.policy}: {count:,} rules of the organisation")


def _account(app: Gainful, account: Account) -> Check:
    name = f"account {account.name}"
    mailbox = app.accounts.connect(account)
    try:
        count = len(mailbox.listing(mailbox.folder(Role.INBOX) or "INBOX"))
        abilities = mailbox.abilities
        drafts = mailbox.folder(Role.DRAFTS)
    finally:
        mailbox.close()
    found = f"{account.url}: {count:,} in the inbox"
    if not abilities & {Ability.KEYWORDS, Ability.MOVE, Ability.DRAFTS}:
        return Check(name, State.OK, f"{found}; for reports only: nothing can be changed here")
    lacking = [word for ability, word in _WORDS.items() if ability not in abilities]
    if lacking:
        return Check(name, State.WARN, f"{found}; cannot {', '.join(lacking)}", "Triage does the rest and says so.")
    where = f"; drafts go to {drafts}" if drafts else ""
    return Check(name, State.OK, f"{found}; labels, moves and drafts work{where}")


_WORDS = {Ability.KEYWORDS: "keep labels", Ability.MOVE: "move mail", Ability.DRAFTS: "store drafts"}


def _model(app: Gainful, config: Config) -> Check:
    if not config.model.name:
        return Check("language model", State.OK, "none: uncertain mail stays in the inbox and says so")
    quote = app.models.quote()
    if app.secrets.get(MODEL_KEY) is None and not _key_in_environment(config.model.name):
        what = f"{config.model.name} is set up, but there is no key for it."
        return Check("language model", State.WARN, what, "Set the provider's key variable, such as OPENAI_API_KEY.")
    return Check("language model", State.OK, f"{quote}")


def _shell(config: Config, home: Home) -> Check:
    if not config.shell.enabled:
        return Check("shell", State.OK, "off")
    from gainful.app.tooling.shell import sandbox_of

    sandbox_of(config.shell, home).probe()
    folders = ", ".join(str(folder) for folder in config.shell.folders) or "no folder"
    return Check("shell", State.OK, f"on, in a sandbox without network that sees {folders}")


def _key_in_environment(name: str) -> bool:
    provider = name.partition(":")[0]
    if provider in ("ollama", "bedrock"):
        return True
    return any(
        os.environ.get(f"{word}_API_KEY")
        for word in (provider.upper(), "GEMINI", "GOOGLE")[: 1 + 2 * (provider == "google")]
    )
