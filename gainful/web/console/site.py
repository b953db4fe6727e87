"""The console as one application: its table of pages, signing in, live view, and the API beside it.

    site = ConsoleSite(app, access, settings, complain)
    site.application          # to be mounted below the web server

A page is reached through the table alone: who is signed in has its right, what changes something comes with the token
of its form, and what fails is told on a page with the next move.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from gainful.app import Gainful
from gainful.app.console import Access, Right, SignedIn
from gainful.core.errors import Broken, GainfulError, Invalid, Refused, Unavailable
from gainful.storage.settings.web import Console
from gainful.web.api import api
from gainful.web.console.asking import Answer, Ask, File, Moved, Page, PageMissing, Shown
from gainful.web.console.entering import Entering
from gainful.web.console.guard import OwnPages
from gainful.web.console.live import Live, stamp
from gainful.web.console.menu import menu_of
from gainful.web.console.pages import PAGES
from gainful.web.console.provider_door import ProviderDoor
from gainful.web.console.rendering import asset, render
from gainful.web.console.way_back import away, stray, ways_on
from gainful.web.reading import RequestTooLarge, read

COOKIE = "gainful-session"
LIVE = "x-gainful-live"
"""Header of the requests by which a page draws itself anew."""

DRAWN_AT_ONCE = 4
"""Pages that are only looked at, drawn side by side; what changes something never waits for them."""

LARGEST_FORM = 512 * 1024
KINDS = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
ASSETS = ("console.css", "console.js", "icon.svg")
_STATUS = {"page-missing": 404, "request-too-large": 413}


class ConsoleSite:
    """The console of one installation.

    Args:
        hosts: What may stand in `Host`: the address that is listened at, and those of the settings.
        complain: Told of what is our own fault.
    """

    def __init__(
        self,
        app: Gainful,
        access: Access,
        settings: Console,
        hosts: Iterable[str],
        complain: Callable[[GainfulError], None],
    ) -> None:
        self._app = app
        self._access = access
        self._complain = complain
        self._tls = bool(settings.public_url)
        self.live = Live(app.pulse.read)
        self._provider = provider = ProviderDoor(
            app.by_provider,
            tls=self._tls,
            enter=self._with_cookie,
            turned_away=self._turned_away,
            left=self._left,
            form=_form,
            signed_in=self._of_form,
            failed=self._failed,
        )
        self._drawing = asyncio.Semaphore(DRAWN_AT_ONCE)
        self._entering = Entering(self._signed_in)
        public = [settings.public_url.removeprefix("https://")] if settings.public_url else []
        pages = [Route(page.path, self._endpoint(page), methods=[page.method]) for page in PAGES]
        self._pages = pages
        routes = [
            Route("/sign-in", self._sign_in, methods=["GET", "POST"]),
            *provider.routes(),
            Route("/sign-out", self._sign_out, methods=["POST"]),
            Route("/live", self._live, methods=["GET"]),
            Route("/static/{name}", _static, methods=["GET"]),
            *pages,
            Mount("/api", api(app, access)),
        ]
        handlers = {404: self._missing, 405: self._missing, Exception: self._broken}
        inner = Starlette(routes=routes, exception_handlers=handlers)
        # Behind TLS it would lead to an address without.
        inner.router.redirect_slashes = False
        self.application: ASGIApp = OwnPages(inner, [*hosts, *settings.hosts], by_tls=public)

    # --- pages of the table -------------------------------------------------------------------------------------------

    def _endpoint(self, page: Page) -> Callable[[Request], object]:
        async def endpoint(request: Request) -> Response:
            if page.method != "GET":
                return await served(request)
            # All who watch ask at the same moment: few at once are served sooner than all of them side by side.
            async with self._drawing:
                return await served(request)

        async def served(request: Request) -> Response:
            who = await run_in_threadpool(self._access.session, request.cookies.get(COOKIE, ""))
            if who is None:
                return self._to_sign_in(request)
            try:
                if not who.may(page.right):
                    raise NotAllowed(f"As {who.role} you cannot do this.", "Ask the platform owner for another role.")
                form = await _form(request) if request.method == "POST" else {}
                if request.method == "POST" and not _same(form.pop("csrf", ""), who.csrf):
                    raise NotAllowed(
                        "This form is from another session.", "Open the page again, and send it from there."
                    )
                ask = Ask(
                    self._app,
                    self._access,
                    who,
                    self._app.clock(),
                    request.path_params,
                    dict(request.query_params),
                    form,
                )
                # What a page says once is for the page that is opened, and not for one that draws itself anew.
                drawn_anew = LIVE in request.headers
                return await run_in_threadpool(self._answered, page, ask, drawn_anew)
            except Exception as error:
                return await run_in_threadpool(self._failed, who, error, request)

        return endpoint

    def _answered(self, page: Page, ask: Ask, drawn_anew: bool) -> Response:
        # Before anything of it is read: what moves from here on, the page may not have.
        seen = stamp(self._app.pulse.read()) if page.method == "GET" else ""
        answer: Answer = page.handler(ask)
        if isinstance(answer, Moved):
            if answer.say:
                self._access.say(ask.who, answer.say)
            return RedirectResponse(answer.to, 303)
        if isinstance(answer, File):
            headers = {"content-disposition": f'attachment; filename="{answer.name}"'}
            return Response(answer.content, headers=headers, media_type=answer.kind)
        return self._page(ask.who, answer, drawn_anew=drawn_anew, seen=seen)

    def _page(self, who: SignedIn, shown: Shown, *, drawn_anew: bool = False, seen: str = "") -> Response:
        frame = {
            "who": who,
            "provider": self._app.by_provider.where,
            "menu": menu_of(who, self._app),
            "said": "" if drawn_anew else self._access.said(who),
            "live": " ".join(shown.live),
            "seen": seen,
            "may": {right.value: who.may(right) for right in Right},
        }
        return HTMLResponse(render(shown.template, {**frame, **shown.values}), shown.status)

    def _failed(self, who: SignedIn, error: Exception, request: Request) -> Response:
        """A page that says what went wrong, what to do, and where that is done."""
        if not isinstance(error, GainfulError):
            self._tell(error)
            error = Broken("Something went wrong here.", "Try again; what happened is in the server's output.")
        return self._told("That did not work", who, error, request)

    def _told(self, title: str, who: SignedIn, error: GainfulError, request: Request) -> Response:
        values = {
            "title": title,
            "error": error,
            "sent": request.method != "GET",
            "unsure": isinstance(error, Broken | Unavailable),
            "ways": ways_on(request, menu_of(who, self._app), self._pages),
        }
        return self._page(who, Shown("failed.html", values, _status(error)))

    async def _missing(self, request: Request, _: Exception) -> Response:
        who = await run_in_threadpool(self._access.session, request.cookies.get(COOKIE, ""))
        if who is None:
            move = "Who is signed in sees what there is."
            return stray(request, 404, "Nothing here", "There is nothing here.", move)
        missing = PageMissing("There is nothing at this address.", "It may be mistyped, or what stood here is gone.")
        return await run_in_threadpool(self._told, "Nothing here", who, missing, request)

    async def _broken(self, request: Request, error: Exception) -> Response:
        """What went wrong outside of the pages, such as while somebody signs in: told to the owner alone.

        Except that something is away for a while, such as the database, without which nobody can be known.
        """
        if isinstance(error, Unavailable):
            return away(request)
        self._tell(error)
        said = "Something went wrong here; it is in the server's output."
        return stray(request, 500, "That did not work", said, "Try again.")

    def _tell(self, error: Exception) -> None:
        if not isinstance(error, GainfulError):
            error = Broken(f"The console failed: {type(error).__name__}: {error}", "Please report this.")
        self._complain(error)

    # --- signing in ---------------------------------------------------------------------------------------------------

    async def _sign_in(self, request: Request) -> Response:
        form: dict[str, str] = {}
        if request.method == "POST":
            try:
                form = await _form(request)
                cookie = await self._entering(form)
                return self._with_cookie(RedirectResponse("/", 303), cookie)
            except GainfulError as error:
                return await self._turned_away(error, form.get("person", ""))
        return await self._door()

    async def _turned_away(self, error: GainfulError, person: str = "") -> Response:
        """The page of signing in, with what went wrong."""
        return await self._door(str(error), _status(error), person)

    async def _left(self, said: str) -> Response:
        """The page of signing in, for who has signed out."""
        return await self._door(said=said)

    async def _door(self, problem: str = "", status: int = 200, person: str = "", said: str = "") -> Response:
        is_new = await run_in_threadpool(self._access.is_new)
        values = {
            "is_new": is_new,
            "problem": problem,
            "said": said,
            "person": person[:200] or self._suggested(is_new),
            "owner": self._app.guards.person,
            "provider": self._app.by_provider.label,
        }
        return HTMLResponse(await run_in_threadpool(render, "sign_in.html", values), status)

    async def _of_form(self, request: Request, form: dict[str, str]) -> SignedIn | None:
        """Who sent this form from a session of theirs; None where nobody did."""
        who = await run_in_threadpool(self._access.session, request.cookies.get(COOKIE, ""))
        return who if who is not None and _same(form.get("csrf", ""), who.csrf) else None

    def _signed_in(self, form: Mapping[str, str]) -> str:
        if "code" in form:
            return self._access.set_up(form["code"], form.get("person", ""), form.get("password", ""))
        return self._access.sign_in(form.get("person", ""), form.get("password", ""))

    def _suggested(self, is_new: bool) -> str:
        return self._app.guards.person if is_new else ""

    async def _sign_out(self, request: Request) -> Response:
        try:
            form = await _form(request)
            who = await self._of_form(request, form)
        except GainfulError as error:
            return await self._turned_away(error)
        if who is None:
            return self._to_sign_in(request)
        proof = await run_in_threadpool(self._access.proof, request.cookies.get(COOKIE, ""))
        # Here first: whatever becomes of the way to the provider, nobody stays signed in.
        await run_in_threadpool(self._access.sign_out, who)
        there = proof is not None and form.get("also") == "provider"
        answer = await self._provider.leave(request, proof or "") if there else RedirectResponse("/sign-in", 303)
        answer.delete_cookie(COOKIE, path="/")
        return answer

    def _to_sign_in(self, request: Request) -> Response:
        if request.method != "GET":
            said = "Nobody is signed in, so nothing was done."
            move = "Sign in, open the page again, and send it from there."
            return stray(request, 401, "Your session is over", said, move)
        return RedirectResponse("/sign-in", 303)

    def _with_cookie(self, answer: Response, cookie: str) -> Response:
        answer.set_cookie(COOKIE, cookie, path="/", httponly=True, samesite="strict", secure=self._tls)
        return answer

    # --- live ---------------------------------------------------------------------------------------------------------

    async def _live(self, request: Request) -> Response:
        cookie = request.cookies.get(COOKIE, "")
        who = await run_in_threadpool(self._access.session, cookie)
        if who is None:
            return PlainTextResponse("Nobody is signed in.\n", 401)
        if self.live.full(who.person):
            return PlainTextResponse("Too many watch at once.\n", 503, {"retry-after": "10"})
        # To have a page open is not to use it: the session ends as it would without.
        events = self.live.events(who.person, lambda: self._access.session(cookie, used=False) is not None)
        return StreamingResponse(events, media_type="text/event-stream")


class NotAllowed(Refused):
    """Somebody asked for what their role does not allow, or by a form that is not theirs."""

    code = "not-allowed"


def _status(error: GainfulError) -> int:
    """The status of a page that tells of this."""
    kinds = ((Invalid, 400), (Refused, 403), (Unavailable, 503))
    return _STATUS.get(error.code) or next((number for kind, number in kinds if isinstance(error, kind)), 500)


async def _static(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in ASSETS:
        return PlainTextResponse("There is nothing here.\n", 404)
    content, digest = asset(name)
    fresh = request.query_params.get("v") == digest
    keep = "public, max-age=31536000, immutable" if fresh else "no-cache"
    return Response(content, media_type=KINDS[name.rpartition(".")[2]], headers={"cache-control": keep})


async def _form(request: Request) -> dict[str, str]:
    """What a form has sent; of a name that stands twice, the last.

    Raises:
        FormUnreadable: It is no form.
        RequestTooLarge: It is larger than is taken.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise FormUnreadable("What was sent is no form.", "Send it from one of the console's own pages.")
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > LARGEST_FORM:
        raise RequestTooLarge(f"A form may hold {LARGEST_FORM // 1024} KiB.", "Send less.")
    body = await read(request, LARGEST_FORM)
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=500, errors="strict"))
    except ValueError:
        raise FormUnreadable("What was sent is no form.", "Send it from one of the console's own pages.") from None


class FormUnreadable(Invalid):
    """What was sent to a page cannot be read as a form."""

    code = "form-unreadable"


def _same(given: str, wanted: str) -> bool:
    return bool(wanted) and hmac.compare_digest(given.encode(), wanted.encode())
