"""Signing in with the identity provider, as a browser sees it: away, back, and on.

The provider's answer comes from another site, so the session's own cookie, which is for our pages alone, is not sent
with it and would not be sent with a redirect from it either. So the way there is known by a cookie of its own, for some
minutes; and the answer is a page of ours that leads on, from which on the session's cookie is sent. The way to the
provider is such a page too: a form that is redirected there would need each page's policy to allow each address on the
way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from typing import TypeVar

from anyio import CapacityLimiter, to_thread
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from gainful.app.console import Answered, AsksPassword, Begun, ByProvider, Confirmed, Leaving, SignedIn
from gainful.app.console.provider import PATIENCE
from gainful.app.console.provider_check import BACK, OUT
from gainful.core.errors import GainfulError
from gainful.sdk.egress import parse
from gainful.web.console.guard import HEADERS
from gainful.web.console.rendering import render

PATH = "/sign-in/provider"

COOKIE = "gainful-provider"

AT_ONCE = 4
"""Requests that may wait for the provider at once; a provider that hangs must not keep the pages from being drawn."""

LONGEST = 4096
"""Letters of what the provider sends back, at most."""

QUIET = {"referrer-policy": "no-referrer"}
"""For pages that lead on. Those with a form may not say so: browsers would then send it without its origin."""

T = TypeVar("T")


class ProviderDoor:
    """The routes of signing in with the identity provider.

    Args:
        tls: Browsers reach us over TLS.
        enter: Gives an answer the session's cookie.
        turned_away: The page of signing in, with what went wrong.
        left: The page of signing in, for who has signed out, with what to say.
        signed_in: Who sent a form of ours from a session; None where nobody did.
        failed: A page for who is signed in, with what went wrong.
    """

    def __init__(
        self,
        by_provider: ByProvider,
        *,
        tls: bool,
        enter: Callable[[Response, str], Response],
        turned_away: Callable[[GainfulError], Awaitable[Response]],
        left: Callable[[str], Awaitable[Response]],
        form: Callable[[Request], Awaitable[dict[str, str]]],
        signed_in: Callable[[Request, dict[str, str]], Awaitable[SignedIn | None]],
        failed: Callable[[SignedIn, Exception, Request], Response],
    ) -> None:
        self._by_provider = by_provider
        self._tls = tls
        self._enter = enter
        self._turned_away = turned_away
        self._left = left
        self._form = form
        self._signed_in = signed_in
        self._failed = failed
        self._limiter: CapacityLimiter | None = None

    def routes(self) -> list[Route]:
        """All of them."""
        return [
            Route(PATH, self._away, methods=["POST"]),
            Route(f"{PATH}/again", self._again, methods=["POST"]),
            Route(f"{PATH}/link", self._link, methods=["POST"]),
            Route(BACK, self._back, methods=["GET"]),
            Route(OUT, self._out, methods=["GET"]),
        ]

    async def _away(self, request: Request) -> Response:
        """To the provider."""
        try:
            redirect_uri = self._redirect_uri(request)
            return await self._leading_there(await self._waited(lambda: self._by_provider.begin(redirect_uri)))
        except GainfulError as error:
            return await self._turned_away(error)

    async def _again(self, request: Request) -> Response:
        """To the provider, to show again who one is."""
        try:
            who = await self._signed_in(request, await self._form(request))
        except GainfulError as error:
            return await self._turned_away(error)
        if who is None:
            return RedirectResponse("/sign-in", 303)
        try:
            redirect_uri = self._redirect_uri(request)
            return await self._leading_there(await self._waited(lambda: self._by_provider.begin(redirect_uri, who)))
        except GainfulError as error:
            return await run_in_threadpool(self._failed, who, error, request)

    async def _back(self, request: Request) -> Response:
        """From the provider."""
        query = {name: value[:LONGEST] for name, value in request.query_params.items()}
        answer = Answered(query.get("state", ""), query.get("code", ""), query.get("iss", ""), query.get("error", ""))
        name = _cookie_of(answer.state)
        cookie = request.cookies.get(name, "")
        try:
            came = await self._waited(lambda: self._by_provider.back(cookie, answer))
            if isinstance(came, AsksPassword):
                page = await run_in_threadpool(render, "link.html", {"person": came.person, "state": came.state})
                response: Response = HTMLResponse(page)
                self._remember(response, came.state, came.cookie)
            elif isinstance(came, Confirmed):
                response = await _onward("/approvals", "Thank you", "Back to the approvals")
            else:
                response = self._enter(await _onward("/", "You are signed in", "Go on"), came.cookie)
        except GainfulError as error:
            response = await self._turned_away(error)
        if cookie:
            response.delete_cookie(name, path=PATH)
        return response

    async def _link(self, request: Request) -> Response:
        """The password of the account that is to be theirs, once."""
        try:
            form = await self._form(request)
            state = form.get("state", "")
            cookie = request.cookies.get(_cookie_of(state), "")
            came = await run_in_threadpool(self._by_provider.link, cookie, state, form.get("password", ""))
        except GainfulError as error:
            return await self._turned_away(error)
        response = self._enter(RedirectResponse("/", 303), came.cookie)
        response.delete_cookie(_cookie_of(state), path=PATH)
        return response

    async def leave(self, request: Request, proof: str) -> Response:
        """To the provider, to sign out there, for who has just signed out here."""
        redirect_uri = f"{self._origin(request)}{OUT}"
        try:
            leaving = await self._waited(lambda: self._by_provider.leave(proof, redirect_uri))
        except GainfulError as error:
            return await self._left(f"You are signed out here. At {self._by_provider.where} you are not: {error}")
        title = f"On to {self._by_provider.where}, to sign out there"
        if leaving.fields:
            response = await _sending(leaving, title)
        else:
            response = await _onward(leaving.url, title, "Go there")
        self._remember(response, leaving.state, leaving.cookie)
        return response

    async def _out(self, request: Request) -> Response:
        """From the provider, after signing out there."""
        state = request.query_params.get("state", "")[:LONGEST]
        name = _cookie_of(state)
        cookie = request.cookies.get(name, "")
        if await run_in_threadpool(self._by_provider.left, cookie, state):
            response = await self._left(f"You are signed out, here and at {self._by_provider.where}.")
        else:
            response = await self._left("This sign-out was not begun here, took too long, or was told already.")
        if cookie:
            response.delete_cookie(name, path=PATH)
        return response

    # --- inside -------------------------------------------------------------------------------------------------------

    async def _waited(self, ask: Callable[[], T]) -> T:
        """What may take as long as the provider does."""
        if self._limiter is None:
            self._limiter = CapacityLimiter(AT_ONCE)
        return await to_thread.run_sync(ask, limiter=self._limiter)

    async def _leading_there(self, begun: Begun) -> Response:
        response = await _onward(begun.url, "On to your identity provider", "Go there")
        self._remember(response, begun.state, begun.cookie)
        return response

    def _redirect_uri(self, request: Request) -> str:
        # Only our own hosts get as far as this.
        return f"{self._origin(request)}{BACK}"

    def _origin(self, request: Request) -> str:
        return f"{'https' if self._tls else 'http'}://{request.headers.get('host', '')}"

    def _remember(self, response: Response, state: str, cookie: str) -> None:
        response.set_cookie(
            _cookie_of(state),
            cookie,
            max_age=int(PATIENCE.total_seconds()),
            path=PATH,
            httponly=True,
            samesite="lax",
            secure=self._tls,
        )


async def _onward(url: str, title: str, link: str) -> Response:
    page = await run_in_threadpool(render, "onward.html", {"url": url, "title": title, "link": link})
    return HTMLResponse(page, headers=QUIET)


async def _sending(leaving: Leaving, title: str) -> Response:
    """A page with a form to the provider, which it alone among others' addresses may be sent to."""
    values = {"url": leaving.url, "fields": leaving.fields, "title": title}
    page = await run_in_threadpool(render, "leaving.html", values)
    policy = HEADERS["content-security-policy"]
    there = f"form-action 'self' {parse(leaving.url).origin}"
    return HTMLResponse(page, headers={"content-security-policy": policy.replace("form-action 'self'", there)})


def _cookie_of(state: str) -> str:
    """The cookie of this sign-in: each tab has its own."""
    return f"{COOKIE}-{hashlib.sha256(state.encode('utf-8', 'replace')).hexdigest()[:16]}"
