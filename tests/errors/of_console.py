"""Reproducers of what the console refuses."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from starlette.requests import Request

from gainful.app.console import Role, Scope, SignedIn
from gainful.storage.settings.web import Console, Server
from gainful.web.console.asking import Ask, FormInvalid, Moved, PageMissing
from gainful.web.console.entering import AT_ONCE, Entering
from gainful.web.console.pages import agents, approvals
from gainful.web.console.site import NotAllowed, _form
from gainful.web.doors import _console
from tests.errors.registry import Place, reproduces

ANN = SignedIn("ann@example.org", Role.OWNER, Role.OWNER.rights)


@reproduces("sign-in-refused")
def _a_password_that_is_not_theirs(place: Place) -> None:
    with place.app() as app:
        app.access.sign_in("ann@example.org", "not the password")


@reproduces("sign-in-busy")
def _nobody_may_wait(_: Place) -> None:
    asyncio.run(Entering(lambda _form: "", most=-AT_ONCE)({}))


@reproduces("account-invalid")
def _a_password_that_is_too_short(place: Place) -> None:
    with place.app() as app:
        app.access.add("ann@example.org", Role.OWNER, "short", "ann@example.org")


@reproduces("token-invalid")
def _a_token_of_nobody(place: Place) -> None:
    with place.app() as app:
        app.access.add_token("ci", "nobody@example.org", [Scope.READ], timedelta(days=1), "ann@example.org")


@reproduces("form-invalid")
def _an_answer_without_a_verdict(place: Place) -> Moved:
    with place.app() as app:
        Ask(app, app.access, ANN, app.clock(), form={}).sent("verdict")
    raise AssertionError(FormInvalid, approvals)


@reproduces("page-missing")
def _an_agent_that_is_not_there(place: Place) -> None:
    with place.app() as app:
        agents.stop(Ask(app, app.access, ANN, app.clock(), {"agent": "nobody"}))
    raise AssertionError(PageMissing)


@reproduces("form-unreadable")
def _what_is_no_form(place: Place) -> None:
    asyncio.run(_form(Request({"type": "http", "method": "POST", "headers": [(b"content-type", b"text/plain")]})))


@reproduces("not-allowed")
def _a_role_that_is_too_small(place: Place) -> None:
    raise NotAllowed("As employee you cannot do this.", "Ask the platform owner for another role.")


@reproduces("console-exposed")
def _a_console_for_the_whole_network(place: Place) -> None:
    with place.app() as app:
        app.config = app.config.model_copy(update={"server": Server(host="0.0.0.0", port=8787), "console": Console()})
        _console(app, lambda _error: None)


@reproduces("no-such-tool")
def _a_question_about_a_tool_that_is_not_there(place: Place) -> None:
    with place.app() as app:
        app.policies.check("triage", "mail.explode", {}, strangers=False)
