"""Settings: connectors and how well each was tried, people and roles, budgets, tokens, who looked at one's numbers."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby

from gainful.app.console import Right, Role, Scope
from gainful.app.tooling.catalogue import Entry, catalogue
from gainful.core.errors import GainfulError
from gainful.core.mail import Role as MailRole
from gainful.web.console.asking import Ask, FormInvalid, Moved, Page, PageMissing, Shown


def settings(ask: Ask) -> Shown:
    """One page; what is about others is for the owner."""
    app, manages = ask.app, ask.who.may(Right.MANAGE)
    values = {
        "title": "Settings",
        "connectors": _connectors(ask) if manages else [],
        "reachable": _reachable(ask) if manages else [],
        "accounts": ask.access.accounts() if manages else [],
        "roles": list(Role),
        "scopes": list(Scope),
        "tokens": ask.access.tokens() if manages else [],
        "budgets": app.budgets.listed() if manages else [],
        "privacy": app.privacy.keeping() if manages else [],
        "looks": app.worth.as_told().looks_at(ask.who.viewer),
    }
    return Shown("settings.html", values)


def _connectors(ask: Ask) -> list[tuple[str, list[Entry]]]:
    """Each connector with its tools."""
    app, person = ask.app, ask.app.guards.person
    specs = {**app.toolbox.outside.specs(), **app.agents.specs(person)}
    found = sorted(catalogue(specs, app.agents.ready(person)), key=lambda one: one.connector)
    return [(name, list(entries)) for name, entries in groupby(found, key=lambda one: one.connector)]


def _reachable(ask: Ask) -> list[tuple[str, str]]:
    """What can be tried: kind and name."""
    config = ask.app.config
    return [
        *(("account", one.name) for one in config.accounts),
        *(("chat", one.name) for one in config.chats),
        *(("service", one.name) for one in config.services),
    ]


def test(ask: Ask) -> Moved:
    """Try whether something outside can be reached as it is set up."""
    kind, name = ask.path["kind"], ask.path["name"]
    if (kind, name) not in _reachable(ask):
        raise PageMissing("Nothing of this name is set up.", "See gainful.toml.")
    try:
        return Moved("/settings", f"{kind} {name}: {_tried(ask, kind, name)}")
    except GainfulError as error:
        return Moved("/settings", f"{kind} {name} does not answer: {error}")


def _tried(ask: Ask, kind: str, name: str) -> str:
    app = ask.app
    if kind == "account":
        mailbox = app.accounts.connect(app.accounts.named(name))
        try:
            return f"its folder {mailbox.folder(MailRole.INBOX) or 'INBOX'} can be read."
        finally:
            mailbox.close()
    if kind == "chat":
        found = app.chats.connections.check(name)
        return f"signed in as {found.me.name}, in {len(found.rooms)} rooms."
    status = app.deployments.status(name)[0]
    return status.trouble or "its target answers."


def password(ask: Ask) -> Moved:
    """Give oneself another password; every session ends."""
    ask.access.confirm(ask.who, ask.sent("old", 1024))
    ask.access.change_password(ask.who.person, ask.sent("new", 1024), ask.who.person)
    return Moved("/sign-in")


def add_account(ask: Ask) -> Moved:
    """Let somebody in."""
    person = ask.sent("person", 200)
    ask.access.add(person, _role(ask), ask.sent("password", 1024), ask.who.person)
    return Moved("/settings", f"{person} can sign in.")


def change_account(ask: Ask) -> Moved:
    """Give somebody another role, or let them in no more."""
    person = ask.path["person"]
    if ask.form.get("remove") == "yes":
        ask.access.remove(person, ask.who.person)
        return Moved("/settings", f"{person} is not let in any more.")
    ask.access.change_role(person, _role(ask), ask.who.person)
    return Moved("/settings", f"{person} is {_role(ask)} from now on, and signs in again.")


def _role(ask: Ask) -> Role:
    try:
        return Role(ask.form.get("role", ""))
    except ValueError:
        raise FormInvalid("This is no role.", f"There are: {', '.join(Role)}.") from None


def add_token(ask: Ask) -> Shown:
    """A new token, shown once."""
    scopes = [scope for scope in Scope if ask.form.get(f"scope-{scope}") == "yes"]
    days = ask.form.get("days", "90")
    life = timedelta(days=int(days)) if days.isdecimal() and len(days) < 5 else timedelta()
    name = ask.sent("name", 60)
    made = ask.access.add_token(name, ask.who.person, scopes, life, ask.who.person)
    return Shown("token.html", {"title": "New token", "name": name, "token": made})


def remove_token(ask: Ask) -> Moved:
    """Let a token be worth nothing."""
    ask.access.remove_token(ask.path["name"], ask.who.person)
    return Moved("/settings", f"Token '{ask.path['name']}' is worth nothing any more.")


PAGES = (
    Page("GET", "/settings", Right.LOOK, settings),
    Page("POST", "/settings/test/{kind}/{name}", Right.MANAGE, test),
    Page("POST", "/settings/password", Right.LOOK, password),
    Page("POST", "/settings/accounts", Right.MANAGE, add_account),
    Page("POST", "/settings/accounts/{person:path}", Right.MANAGE, change_account),
    Page("POST", "/settings/tokens", Right.MANAGE, add_token),
    Page("POST", "/settings/tokens/{name}/remove", Right.MANAGE, remove_token),
)
