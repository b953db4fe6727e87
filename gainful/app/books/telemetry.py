"""Telemetry of other tools, into the facts: who may send it, and what a request came to.

answer = Telemetry(app.telemetry, tokens, clock, largest).export("traces", body, "application/x-protobuf", "gzip")
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gainful.core.clock import Clock
from gainful.core.errors import Refused, Unavailable
from gainful.core.telemetry import Content, Signal, in_the_name_of
from gainful.gate.broker import Broker
from gainful.sdk.secret import Connection, Secret
from gainful.storage.facts.telemetry_store import Taken, TelemetryStore

SCOPE = "intake"
"""Under this name the broker counts the hand-outs, and secrets are named."""

LOOKED_UP = timedelta(seconds=5)


class TelemetryForbidden(Refused):
    """Telemetry came without a token, or with one that is not known."""

    code = "telemetry-forbidden"


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as it was sent.

    Args:
        kind: Its content type.
        encoding: Its content encoding.
        person: Whose token came with it, where that speaks in one name alone; empty: it says whose it is by itself.
    """

    signal: Signal
    body: bytes
    kind: str
    encoding: str
    person: str = ""


class Telemetry:
    """Takes requests of telemetry.

    Args:
        allowed: Whether a bearer token is one of those that were given out.
        person_of: Whose a token is that tells of one person's usage alone; empty where it is none.
        open_: Nobody needs a token.
        largest: Octets that a request may unpack to.
    """

    def __init__(
        self,
        store: TelemetryStore,
        allowed: Callable[[str], bool],
        clock: Clock,
        largest: int,
        *,
        open_: bool,
        person_of: Callable[[str], str] = lambda _: "",
    ) -> None:
        self._store = store
        self._allowed = allowed
        self._clock = clock
        self._largest = largest
        self._open = open_
        self._person_of = person_of

    def admit(self, authorization: str) -> str:
        """Check what a request says of who sends it; whose it is, where its token speaks in one name alone.

        Raises:
            TelemetryForbidden: It may not.
        """
        scheme, _, token = authorization.partition(" ")
        given = token.strip() if scheme.lower() == "bearer" else ""
        person = self._person_of(given) if given else ""
        if not (person or self._open or (given and self._allowed(given))):
            raise TelemetryForbidden(
                "Telemetry is taken from those alone who have a token.",
                "Send `Authorization: Bearer TOKEN`; the owner makes one: `gainful secrets set intake:NAME`.",
            )
        return person

    def export(self, signal: Signal, body: bytes, kind: str, encoding: str, person: str = "") -> bytes:
        """Book what a request holds, and give the body of the answer; durable when it returns.

        Args:
            person: As `admit` gave it.

        Raises:
            TelemetryInvalid, TelemetryTooLarge, TelemetryUnknown: It cannot be read.
            DatabaseLocked, DiskFull: It cannot be kept now.
        """
        (answer,) = self.export_all([Sent(signal, body, kind, encoding, person)])
        if isinstance(answer, Exception):
            raise answer
        return answer

    def export_all(self, requests: Sequence[Sent]) -> list[bytes | Exception]:
        """Book what several requests hold; for each the body of its answer, or why it is not booked."""
        from gainful.intake.otlp.request import answered

        read = [self._read(request) for request in requests]
        good = [content for content in read if isinstance(content, Content)]
        try:
            self._store.take(good)
        except Unavailable as error:
            return [error if isinstance(content, Content) else content for content in read]
        except Exception as error:
            if len(requests) == 1:
                return [error]
            # One of them that breaks us must not keep out the others, who would send it along again and again.
            return [answer for request in requests for answer in self.export_all([request])]
        return [
            answered(request.signal, request.kind, content.rejected) if isinstance(content, Content) else content
            for request, content in zip(requests, read, strict=True)
        ]

    def take(self, signal: Signal, body: bytes, kind: str, encoding: str) -> Taken:
        """Book what a request holds, and tell what became of it; raises as `export` does."""
        content = self._read(Sent(signal, body, kind, encoding))
        if isinstance(content, Exception):
            raise content
        return self._store.take([content])

    def _read(self, request: Sent) -> Content | Exception:
        """What a request holds, or why it cannot be told: others that came with it must not fail for that."""
        from gainful.intake.otlp.logs import logs_of
        from gainful.intake.otlp.metrics import points_of
        from gainful.intake.otlp.request import decoded
        from gainful.intake.otlp.spans import spans_of

        read = {"traces": spans_of, "logs": logs_of, "metrics": points_of}[request.signal]
        try:
            message = decoded(request.signal, request.body, request.kind, request.encoding, self._largest)
            content = read(message, self._clock())
            return in_the_name_of(request.person, content) if request.person else content
        except Exception as error:
            return error


class Tokens:
    """The tokens that were given out for telemetry: secrets named `intake:NAME`.

    They are looked up again after a few seconds, so that one that was taken back is soon worth nothing.
    """

    def __init__(self, names: Callable[[], Sequence[str]], broker: Broker, clock: Clock) -> None:
        self._names = names
        self._broker = broker
        self._clock = clock
        self._known: tuple[datetime, list[Secret]] | None = None

    def all(self) -> list[Secret]:
        """All of them."""
        now = self._clock()
        if self._known is None or now - self._known[0] > LOOKED_UP:
            names = [name for name in self._names() if name.startswith(f"{SCOPE}:")]
            found = [self._broker.handle(name, Connection(SCOPE, name)).secret() for name in names]
            self._known = (now, [secret for secret in found if secret])
        return self._known[1]
