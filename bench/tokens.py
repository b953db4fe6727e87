"""What a language model is made to read: `python -m bench.tokens [--quick] [--idle-seconds N] --json FILE`.

Everything goes the product's own way: a Maildir, `Gainful.triage`, the gate, the connector, and a server on loopback
that counts the octets of each prompt (system, user, tools and answer form; UTF-8 octets / 4, rounded up text by text).

*One uncertain mail*: a mailbox with a single 150-word letter that no local means can settle; the largest of several.
*Mean*: a whole simulated mailbox in one first triage, without a single correction learned; prompt tokens over all
mails, asked about or not. The server calls every mail `fyi` with certainty 80: its answers do not change what is asked.
*Idle*: `gainful serve` with a model configured, on a mailbox where nothing happens; requests that arrive.
*Agent*: an agent made from a file, with four tools, is given a letter and asked for one label. `one_request`: it
answers at once. `two_tool_calls`: it searches files and reads one first; the prompts of all three requests together.
"""

from __future__ import annotations

import json
import mailbox
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from email.message import EmailMessage
from pathlib import Path

from bench.report import options, publish
from bench.simulation import OWNER, generate
from gainful.agents.running.loop import Ended
from gainful.app import Gainful
from gainful.sdk.testing.model_server import ModelServer, Reply, Request
from gainful.storage.settings.config import Home

SEED = 4712
MAILS, QUICK_MAILS = 1_400, 400
IDLE_SECONDS, QUICK_IDLE_SECONDS = 600.0, 30.0
_MARK = re.compile(r"^\[(\d+) [0-9a-f]+\]$", re.MULTILINE)

LETTERS = (
    (
        "Katrin Sommer",
        "Storage room",
        "Hello Maria, I hope the week treats you well. We looked again at the offer for the new storage room and the "
        "numbers have changed a little since spring, mostly because the supplier raised the price of the shelves. "
        "Jonas thinks we should still go ahead, while Priya would rather wait until the budget round in January, when "
        "we know how much is left from this year. I have put both versions into the shared folder so that everybody "
        "can compare them in peace. There is also the matter of who looks after the keys, which nobody has settled "
        "yet. Whoever has an opinion may as well say it before Thursday, since the supplier holds the old price only "
        "until then. I will be travelling on Tuesday and can be reached by phone in the afternoon. Many thanks and "
        "very best wishes from all of the whole team here, Katrin",
    ),
    (
        "Tomás Arriaga",
        "The harbour walk, and other things",
        "Good evening, it was a pleasure to walk along the harbour with you and the others last weekend, even if the "
        "wind nearly took my hat. My sister asked about the photographs that you took near the old crane; she would "
        "like to hang one in her kitchen, though there is no hurry at all. The printers on Mill Street do large "
        "formats for little money, or so my neighbour says. By the way, the choir has found a new room above the "
        "library, and rehearsals move to Wednesdays after the holidays. Anneke is still looking for two more voices, "
        "preferably low ones, and she remembered that you used to sing. The concert itself stays in the chapel, "
        "whatever people say. I have kept a seat near the front just in case. Give my regards to everybody at home, "
        "and say the lemon cake was remembered kindly. Yours ever, Tomás",
    ),
    (
        "Jutta Wendland",
        "Nachtrag zum Gespräch über die Werkstatt",
        "Guten Morgen, nach unserem gestrigen Gespräch über die Werkstatt habe ich die Unterlagen noch einmal in Ruhe "
        "durchgesehen und einige Kleinigkeiten gefunden, die mir vorher entgangen waren. Die Lieferung der Ventile "
        "verschiebt sich vermutlich um eine Woche, weil der Spediteur zwischen den Feiertagen nur eingeschränkt fährt. "
        "Herr Okafor meint, das sei verschmerzbar, solange die Dichtungen rechtzeitig eintreffen. Ich selbst bin da "
        "etwas vorsichtiger, denn im letzten Winter standen wir genau deswegen drei Tage lang still. Die Kollegen aus "
        "der Montage haben angeboten, notfalls am Samstag zu arbeiten, möchten das aber nicht zur Gewohnheit werden "
        "lassen. Beim Preis hat sich nichts geändert, und auch die Zeichnungen sind unverändert gültig. Den neuen Plan "
        "lege ich heute Nachmittag in das gemeinsame Verzeichnis, damit ihn alle sehen können. Wenn jemand Einwände "
        "hat, dann am besten bis Mittwoch. Nächste Woche bin ich nur vormittags da. Einen ruhigen "
        "Tag und herzliche Grüße aus Kiel, Jutta Wendland",
    ),
)
"""Letters of 150 words in which the writer's wish can be read more than one way."""


def answer(request: Request) -> Reply:
    """The same guess about each mail that is asked about."""
    guess = {"label": "fyi", "sure": 80, "reply": False, "why": "Tells without asking."}
    return Reply(json.dumps(dict.fromkeys(_MARK.findall(request.text("user")), guess)))


def letter(name: str, subject: str, text: str) -> bytes:
    """The letter as a message from a person unknown so far."""
    message = EmailMessage()
    address = f"{name.split()[-1].lower()}@example.net".encode("ascii", "ignore").decode()
    message["From"] = f'"{name}" <{address}>'
    message["To"] = OWNER
    message["Subject"] = subject
    message["Message-ID"] = f"<{len(text)}.{address}>"
    message["Date"] = "Mon, 16 Nov 2026 09:12:00 +0100"
    message.set_content(text)
    return message.as_bytes()


def furnish(place: Path, server: ModelServer, mails: Iterable[bytes]) -> Home:
    """A home with one Maildir account and the server as its language model."""
    place.mkdir()
    inbox = mailbox.Maildir(place / "Mail")
    for raw in mails:
        inbox.add(raw)
    inbox.close()
    home = Home(place / "home")
    home.prepare()
    # A price that lets the cap never bite: what is counted is what would be asked, not what a day's money allows.
    home.config.write_text(
        f'[[accounts]]\nname = "bench"\nurl = "maildir:{place / "Mail"}"\naddresses = ["{OWNER}"]\n\n'
        f'[model]\nname = "openai:bench"\nbase_url = "{server.url}"\n'
        'daily_budget = "100"\ncalls_per_day = 100000\ninput_price = "0.25"\noutput_price = "2"\n'
    )
    return home


def triage(place: Path, mails: Iterable[bytes], *, apply: bool = False) -> tuple[list[Request], int]:
    """The requests that a first triage of these mails makes, and how many mails it decided about."""
    with ModelServer(answer) as server, Gainful.open(furnish(place, server, mails)) as gainful:
        report = gainful.triage.run("bench", apply=apply)
        problems = gainful.ledger.verify()
        if problems:
            raise RuntimeError(f"the books are not sound: {problems[0].message}")
        return server.requests, len(report.rows)


def uncertain_mail_tokens(place: Path) -> float:
    """Prompt tokens for one uncertain 150-word mail: the largest of the letters."""
    largest = 0
    for number, (name, subject, text) in enumerate(LETTERS):
        if len(text.split()) != 150:
            raise RuntimeError(f"letter {number} has {len(text.split())} words")
        requests, _ = triage(place / f"letter{number}", [letter(name, subject, text)])
        if len(requests) != 1:
            raise RuntimeError(f"letter {number} made {len(requests)} requests; it should make one")
        largest = max(largest, requests[0].prompt_tokens)
    return float(largest)


def mean_tokens_per_mail(place: Path, mails: int) -> tuple[float, int]:
    """Prompt tokens over all mails of a simulated mailbox, and how many requests there were."""
    requests, count = triage(place / "mean", (simulated.raw for simulated in generate(SEED, mails)))
    if count != mails:
        raise RuntimeError(f"{count} of {mails} mails were triaged")
    return sum(request.prompt_tokens for request in requests) / mails, len(requests)


def idle_model_calls(place: Path, seconds: float) -> float:
    """Requests of an idle `gainful serve`, from when it is ready and has triaged what lay there."""
    name, subject, text = LETTERS[0]
    with ModelServer(answer) as server:
        home = furnish(place / "idle", server, [letter(name, subject, text)])
        with Gainful.open(home) as gainful:
            gainful.triage.run("bench", apply=True)
        if len(server.requests) != 1:
            raise RuntimeError("the model was not asked before the idle time, so its silence would prove nothing")
        command = [sys.executable, "-m", "gainful", "--home", str(home.path), "serve"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            assert process.stdout is not None
            while "ready" not in (line := process.stdout.readline()).lower():
                if not line:
                    raise RuntimeError("gainful serve ended before it was ready")
            time.sleep(seconds)
            if process.poll() is not None:
                raise RuntimeError(f"gainful serve ended with {process.returncode}")
        finally:
            process.terminate()
            process.wait(timeout=30)
        return float(len(server.requests) - 1)


AGENT = """---
name: sorter
owner: {owner}
purpose: Labels letters.
tools: [files.search, files.read, mail.search, mail.read]
---
Sort the letter in the event. Answer with one label: needs_reply, todo, meeting, fyi or newsletter.
"""
RULES = """# Labels

Letters from suppliers that name a date are todo. Invitations are meeting. What only tells is fyi.
Letters that ask something of the reader by name are needs_reply, whoever wrote them.
"""
CALLS = (("files_search", {"text": "suppliers"}), ("files_read", {"path": "rules/labels.md"}))


def agent_tokens(place: Path, *, calls: int) -> float:
    """Prompt tokens of one run of an agent that makes so many tool calls before it answers, one after the other."""

    def said(request: Request) -> Reply:
        made = sum(message["role"] == "tool" for message in request.body["messages"])
        return Reply(calls=(CALLS[made],)) if made < calls else Reply("todo")

    rules = place / f"rules{calls}"
    rules.mkdir()
    (rules / "labels.md").write_text(RULES)
    with ModelServer(said) as server:
        home = furnish(place / f"agent{calls}", server, ())
        home.config.write_text(home.config.read_text() + f'\n[files]\nfolders = {{ rules = "{rules}" }}\n')
        with Gainful.open(home) as gainful:
            folder = home.path / "agents" / "sorter"
            folder.mkdir(parents=True)
            (folder / "AGENT.md").write_text(AGENT.format(owner=gainful.config.owner.person))
            gainful.agents.enable("sorter", gainful.agents.change("sorter").digest)
            name, subject, text = LETTERS[0]
            wish = gainful.agent_runs.by_hand(gainful.agents.version("sorter"), f"From: {name}\n{subject}\n\n{text}")
            _, ended = gainful.agent_runs.run(wish)
        if len(server.requests) != calls + 1 or not isinstance(ended, Ended) or ended.text != "todo":
            raise RuntimeError(f"the run made {len(server.requests)} requests and ended with {ended}")
        return float(sum(request.prompt_tokens for request in server.requests))


def main() -> None:
    """Measure and publish."""
    parser = options("tokens", "What a language model is made to read.")
    parser.add_argument("--idle-seconds", type=float, help=f"how long serve idles; {IDLE_SECONDS:g}, or an hour: 3600")
    given = parser.parse_args()
    mails = QUICK_MAILS if given.quick else MAILS
    idle = given.idle_seconds or (QUICK_IDLE_SECONDS if given.quick else IDLE_SECONDS)
    with tempfile.TemporaryDirectory(prefix="gainful-bench-") as folder:
        place = Path(folder)
        mean, requests = mean_tokens_per_mail(place, mails)
        figures = {
            "uncertain_mail_tokens": uncertain_mail_tokens(place),
            "mean_tokens_per_mail": mean,
            "idle_model_calls": idle_model_calls(place, idle),
            "one_request_tokens": agent_tokens(place, calls=0),
            "two_tool_calls_tokens": agent_tokens(place, calls=2),
            "requests": float(requests),
        }
    conditions = {"tokens": "UTF-8 octets / 4", "mails": mails, "corrections": 0, "idle_seconds": idle}
    publish("tokens", conditions, figures, given.json)


if __name__ == "__main__":
    main()
