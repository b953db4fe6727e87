"""The console in a real browser, as somebody meets it in the morning: by mouse, by the keys alone, and on a phone."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Response, Route, expect

from gainful.agents.built_in import text_of
from gainful.app import Gainful
from gainful.app.console import Role
from gainful.app.trial.console_show import ConsoleShow
from gainful.core.clock import system_clock
from gainful.gate.approval import State
from gainful.sdk.testing.local_server import free_ports
from gainful.storage.settings.config import Home
from tests.e2e.browser import awaits_keys, grave, ready, sign_in, stands

GAINFUL = str(Path(sys.executable).parent / "gainful")
ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery"
PERSON = "mira@example.org"
PAGES = (
    *("/", "/approvals", "/agents", "/agents/new", "/agents/answer", "/agents/triage", "/runs", "/deployments"),
    *("/agents/answer/try", "/settings/policies", "/settings/policies?agent=answer&tool=chat.post", "/books/cost/team"),
    *("/books", "/books/boards/team", "/books/boards/agent", "/books/waste", "/books/cost/model", "/audits"),
    *("/books/cost/day", "/books/days/2026-11-02", "/books/spending/model?name=m", "/books/weeks"),
    *("/settings", "/nothing-here"),
)


class Serving:
    """`gainful serve` of a home, for as long as a test needs it."""

    def __init__(self, home: Path, port: int) -> None:
        self.home, self.address = Home(home), f"http://127.0.0.1:{port}"
        self._process = subprocess.Popen(
            [GAINFUL, "--home", str(home), "serve", "--port", str(port)], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.said: list[str] = []
        for line in self._process.stdout:
            self.said.append(line)
            if "console:" in line and self._has_account():
                break
            if "first start:" in line:
                break

    def _has_account(self) -> bool:
        with Gainful.open(self.home) as app:
            return bool(app.access.accounts())

    @property
    def code(self) -> str:
        """That the first account needs."""
        return self.said[-1].split()[-1]

    def stop(self) -> int:
        """Its exit status, once it was told to end."""
        self._process.terminate()
        with self._process:
            # Ending computes for a second or two, which on a busy machine may take long.
            return self._process.wait()


@pytest.fixture
def morning(tmp_path: Path) -> Iterator[Serving]:
    """Mira's mailbox was triaged at night, an agent of hers asks for her word, and the company's facts are told."""
    # Runs are made in processes of their own, as they are in life: an engine begins once in a process.
    made = f"from pathlib import Path; from demo.run import prepare; prepare(Path({str(tmp_path)!r}))"
    subprocess.run([sys.executable, "-c", made], cwd=ROOT, check=True, capture_output=True)
    home = Home(tmp_path / "home")
    with home.config.open("a", encoding="utf-8") as out:
        out.write(f'\n[owner]\nname = "{PERSON}"\n')
    triage = [GAINFUL, "--home", str(home.path), "triage", "demo", "--apply"]
    subprocess.run(triage, check=True, capture_output=True)
    with Gainful.open(home) as app:
        app.agents.new(text_of("answer", PERSON))
        app.agents.enable("answer", app.agents.change("answer").digest)
    ConsoleShow(tmp_path / "beside", 1, system_clock).ask_in(home)
    serving = Serving(home.path, free_ports(1)[0])
    yield serving
    assert serving.stop() == 0


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """The demo's company."""
    port = free_ports(1)[0]
    show = ConsoleShow(tmp_path_factory.mktemp("company"), port, system_clock)
    show.lay(lambda _done, _whole: None)
    with Gainful.open(show.home) as app:
        app.access.change_password(PERSON, PASSWORD, PERSON)
        app.access.add("zoe@example.net", Role.AUDITOR, PASSWORD, PERSON)
    serving = Serving(show.home.path, port)
    yield serving
    assert serving.stop() == 0


def first_start(page: Page, serving: Serving) -> None:
    """Make the first account, with the code that the server has printed."""
    page.goto(serving.address)
    page.get_by_label("Code").fill(serving.code)
    page.get_by_label("Your address or name").fill(PERSON)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    stands(page, "Today")


def test_a_morning_by_mouse(morning: Serving, chromium: Browser) -> None:
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    outside: list[str] = []
    page.on("request", lambda request: outside.append(request.url) if morning.address not in request.url else None)
    first_start(page, morning)

    # A label teaches, and can be given otherwise.
    first = page.locator(".mails form.labels").first
    first.get_by_role("button", name="Newsletters").or_(first.get_by_role("button").nth(2)).first.click()
    expect(page.get_by_role("status").first).to_contain_text("The next run knows")

    # What waits for a word is read and accepted.
    page.get_by_role("link", name=re.compile("Approvals")).click()
    expect(page.locator(".line.tainted").first).to_be_visible()
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_role("status").first).to_contain_text("Accepted")
    with Gainful.open(morning.home) as app:
        assert app.approvals.find("k7h2k9abcd").state is State.ACCEPTED

    # What was done to one mail is undone, and then the night's run.
    page.get_by_role("link", name="Runs").click()
    page.locator("tr", has_text="triage").get_by_role("link").first.click()
    page.get_by_role("button", name="Undo this", exact=True).first.click()
    expect(page.get_by_role("status").first).to_contain_text("1 put back as before")
    ready(page, "Today")
    page.get_by_role("button", name="Undo this run").first.click()
    expect(page.get_by_role("status").first).to_contain_text("put back as before")

    # An agent is stopped.
    page.get_by_role("link", name="Agents").click()
    row = page.get_by_role("row", name=re.compile("answer"))
    row.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("status").first).to_contain_text("is stopped")
    with Gainful.open(morning.home) as app:
        assert app.guards.stops.reason("answer")

    page.get_by_role("link", name="Books").click()
    stands(page, "Books")
    assert not outside
    page.close()


def test_a_morning_by_the_keys_alone(morning: Serving, chromium: Browser) -> None:
    page = chromium.new_page()
    page.goto(morning.address)
    awaits_keys(page.get_by_label("Code"))
    page.keyboard.type(morning.code)
    page.keyboard.press("Tab")
    page.keyboard.press("Control+a")
    page.keyboard.type(PERSON)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    ready(page, "Today")

    page.keyboard.press("g")
    page.keyboard.press("a")
    ready(page, "Approvals")
    page.keyboard.press("j")
    page.keyboard.press("a")
    expect(page.get_by_role("status").first).to_contain_text("Accepted")
    ready(page, "Approvals")

    page.keyboard.press("g")
    page.keyboard.press("t")
    ready(page, "Today")
    page.keyboard.press("u")
    expect(page.get_by_role("status").first).to_contain_text("put back as before")
    ready(page, "Today")

    page.keyboard.press("g")
    page.keyboard.press("g")
    ready(page, "Agents")
    page.keyboard.press("!")
    expect(page.get_by_role("status").first).to_contain_text("Everything is stopped")
    ready(page, "Agents")

    page.keyboard.press("g")
    page.keyboard.press("b")
    ready(page, "Books")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("The next or previous card")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.close()


def test_without_javascript_everything_can_still_be_done(morning: Serving, chromium: Browser) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    first_start(page, morning)
    page.get_by_role("link", name=re.compile("Approvals")).click()
    page.get_by_label("Or tell the agent what to do instead").fill("Ask her first which kite she means.")
    page.get_by_role("button", name="Tell it").click()
    expect(page.get_by_role("status").first).to_contain_text("The agent was told")
    context.close()


def test_a_question_appears_by_itself_and_soon(morning: Serving, chromium: Browser) -> None:
    page = chromium.new_page()
    first_start(page, morning)
    # It listens from the answer to its question for news on.
    with page.expect_response(lambda answer: answer.url.endswith("/live")):
        page.get_by_role("link", name=re.compile("Approvals")).click()
        expect(page.locator("article.approval")).to_have_count(1)
    ConsoleShow(morning.home.path / "beside", 1, system_clock).ask_in(morning.home, "m3k9abcdef")
    expect(page.locator("article.approval")).to_have_count(2)
    # What is being written is not taken away by what moves.
    page.locator("input[name=text]").first.fill("half a sentence")
    with page.expect_response(_is_drawing) as drawing:
        ConsoleShow(morning.home.path / "beside", 1, system_clock).ask_in(morning.home, "p5k9abcdef")
    drawing.value.finished()
    expect(page.locator("input[name=text]").first).to_have_value("half a sentence")
    page.close()


def _is_drawing(answer: Response) -> bool:
    """Whether it is what the page draws itself anew from."""
    return "x-gainful-live" in answer.request.headers


def test_what_begins_while_the_page_draws_itself_anew_is_not_lost(morning: Serving, chromium: Browser) -> None:
    page = chromium.new_page()
    first_start(page, morning)
    with page.expect_response(lambda answer: answer.url.endswith("/live")):
        page.get_by_role("link", name=re.compile("Approvals")).click()
        expect(page.locator("article.approval")).to_have_count(1)
    # The new page has begun to come, and somebody begins to write.
    page.evaluate(
        """() => {
            const ask = window.fetch;
            window.fetch = async (...asked) => {
                const answer = await ask(...asked);
                const text = answer.text.bind(answer);
                answer.text = async () => {
                    const field = document.querySelector("input[name=text]");
                    field.focus();
                    field.value = "half a sentence";
                    document.body.dataset.wrote = "yes";
                    return text();
                };
                return answer;
            };
        }"""
    )
    ConsoleShow(morning.home.path / "beside", 1, system_clock).ask_in(morning.home, "m3k9abcdef")
    expect(page.locator("body[data-wrote]")).to_have_count(1)
    expect(page.locator("input[name=text]").first).to_have_value("half a sentence")
    page.reload()
    expect(page.locator("article.approval")).to_have_count(2)

    # A button is held down while something moves: it does what it says once it is let go of.
    accept = page.get_by_role("button", name="Accept").last
    accept.hover()
    page.mouse.down()
    with page.expect_response(_is_drawing) as drawing:
        ConsoleShow(morning.home.path / "beside", 1, system_clock).ask_in(morning.home, "p5k9abcdef")
    drawing.value.finished()
    page.mouse.up()
    expect(page.get_by_role("status").first).to_contain_text("Accepted")
    expect(page.locator("article.approval")).to_have_count(2)
    page.close()


def test_a_page_listens_again_after_an_answer_that_was_no_stream(morning: Serving, chromium: Browser) -> None:
    page = chromium.new_page()
    first_start(page, morning)
    told: list[int] = []

    def answered(route: Route) -> None:
        # As a proxy answers while the server behind it is started anew.
        told.append(502)
        if len(told) > 2:
            route.continue_()
        else:
            route.fulfill(status=502, body="Bad Gateway")

    page.route("**/live", answered)
    page.get_by_role("link", name=re.compile("Approvals")).click()
    expect(page.locator("article.approval")).to_have_count(1)
    ConsoleShow(morning.home.path / "beside", 1, system_clock).ask_in(morning.home, "m3k9abcdef")
    expect(page.locator("article.approval")).to_have_count(2)
    assert len(told) == 3
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_can_be_read_by_everybody(company: Serving, chromium: Browser, scheme: str) -> None:
    context = chromium.new_context(color_scheme=scheme, viewport={"width": 1280, "height": 900})  # type: ignore[arg-type]
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(f"{company.address}/sign-in")
    problems += grave(page)
    sign_in(page, company.address, PERSON, PASSWORD)
    for path in PAGES:
        page.goto(company.address + path)
        problems += grave(page)
    assert not problems, "\n".join(problems)
    context.close()


def test_every_page_fits_a_phone(company: Serving, chromium: Browser) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    sign_in(page, company.address, PERSON, PASSWORD)
    for path in PAGES:
        page.goto(company.address + path)
        # The narrower one is what 1280 pixels are at four times the size.
        for width in (390, 320):
            page.set_viewport_size({"width": width, "height": 844})
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{path} is {wide} wide"
            cards = page.locator(".wide:has(.stack)")
            beyond = cards.evaluate_all("all => all.filter((one) => one.scrollWidth > one.clientWidth).length")
            assert not beyond, f"{path} has a card of which a part is out of sight"
    context.close()


def test_what_did_not_work_leads_back_by_a_key(company: Serving, chromium: Browser) -> None:
    context = chromium.new_context()
    page = context.new_page()
    sign_in(page, company.address, PERSON, PASSWORD)
    page.goto(f"{company.address}/books")
    page.evaluate("location.href = '/agents/nobody'")
    ready(page, "That did not work")
    expect(page.get_by_role("alert")).to_contain_text("nobody")
    expect(page.get_by_role("link", name="Go to Agents")).to_be_visible()
    page.keyboard.press("Escape")
    stands(page, "Books")
    # Who is no longer signed in is told so, and led to the door.
    page.goto(f"{company.address}/agents")
    context.clear_cookies()
    page.get_by_role("button", name="Stop everything").click()
    stands(page, "Your session is over")
    page.get_by_role("link", name="Sign in").click()
    stands(page, "Sign in")
    context.close()


def test_an_auditor_looks_by_the_keys(company: Serving, chromium: Browser) -> None:
    context = chromium.new_context()
    page = context.new_page()
    sign_in(page, company.address, "zoe@example.net", PASSWORD)
    ready(page, "Today")
    page.keyboard.press("g")
    page.keyboard.press("q")
    ready(page, "Audit queue")
    item = page.locator("article h2").inner_text()
    page.keyboard.press("p")
    expect(page.get_by_role("status").first).to_contain_text("Booked")
    assert page.locator("article h2").inner_text() != item
    context.close()
