"""Telemetry of other tools, into the facts: who may send it, and what a request came to.

answer = Telemetry(app.telemetry, tokens, clock, largest).export("traces", body, "application/x-protobuf", "gzip")
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from gainful.core.clock import Clock
from gainful.core.errors import Refused
from gainful.core.telemetry import Signal
from gainful.gate.broker import Broker
from gainful.sdk.secret import Connection, Secret
from gainful.storage.telemetry_store import Taken, TelemetryStore

SCOPE = "intake"
"""Under this name the broker counts the hand-outs, and secrets are named."""

LOOKED_UP = timedelta(seconds=5)


class TelemetryForbidden(Refused):
    """Telemetry came without a token, or with one that is not known."""

    code = "telemetry-forbidden"


class Telemetry:
    """Takes requests of telemetry.

    Args:
        allowed: Whether a bearer token is one of those that were given out.
        open_: Nobody needs a token.
        largest: Octets that a request may unpack to.
    """

    def __init__(
        self, store: TelemetryStore, allowed: Callable[[str], bool], clock: Clock, largest: int, *, open_: bool
    ) -> None:
        self._store = store
        self._allowed = allowed
        self._clock = clock
        self._largest = largest
        self._open = open_

    def admit(self, authorization: str) -> None:
        """Check what a request says of who sends it.

        Raises:
            TelemetryForbidden: It may not.
        """
        if self._open:
            return
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not self._allowed(token.strip()):
            raise TelemetryForbidden(
                "Telemetry is taken from those alone who have a token.",
                "Send `Authorization: Bearer TOKEN`; the owner makes one: `gainful secrets set intake:NAME`.",
            )

    def export(self, signal: Signal, body: bytes, kind: str, encoding: str) -> bytes:
        """Book what a request holds, and give the body of the answer; durable when it returns.

        Raises:
            TelemetryInvalid, TelemetryTooLarge, TelemetryUnknown: It cannot be read.
            DatabaseLocked, DiskFull: It cannot be kept now.
        """
        from gainful.intake.otlp.request import answered

        return answered(signal, kind, self.take(signal, body, kind, encoding).rejected)

    def take(self, signal: Signal, body: bytes, kind: str, encoding: str) -> Taken:
        """Book what a request holds, and tell what became of it; raises as `export` does."""
        from gainful.intake.otlp.logs import logs_of
        from gainful.intake.otlp.metrics import points_of
        from gainful.intake.otlp.request import decoded
        from gainful.intake.otlp.spans import spans_of

        read = {"traces": spans_of, "logs": logs_of, "metrics": points_of}[signal]
        return self._store.take(read(decoded(signal, body, kind, encoding, self._largest), self._clock()))


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
