"""What HAProxy itself counts of each server, as a source of metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gainful.connectors.haproxy.control import Control, ProxyInvalid, ProxyRefused, ProxyUnreachable
from gainful.sdk.metrics import NOTHING, MetricsInvalid, MetricsUnreachable, Totals


class ProxyMetrics:
    """The counters of a backend's servers; a slot is a server's name.

    Exact and at once: every request is counted when it is answered. Of times HAProxy keeps an average over the last
    1,024 requests, and no buckets; so latency is not watched by it.
    """

    def __init__(self, control: Control, backend: str) -> None:
        self._control = control
        self._backend = backend

    def read(self, slots: Sequence[str]) -> Mapping[str, Totals]:
        """Totals by slot, all of one answer.

        Raises:
            MetricsUnreachable: HAProxy does not answer.
            MetricsInvalid: It has no such backend or server.
        """
        try:
            servers = self._control.servers(self._backend)
        except ProxyUnreachable as error:
            raise MetricsUnreachable(error.what, error.next_move, sent=error.sent) from error
        except (ProxyRefused, ProxyInvalid) as error:
            raise MetricsInvalid(error.what, error.next_move) from error
        totals = {}
        for slot in slots:
            server = servers.get(slot)
            if server is None:
                raise MetricsInvalid(
                    f"HAProxy's backend '{self._backend}' has no server '{slot[:64]}'.",
                    f"It has: {', '.join(sorted(servers)) or 'none'}.",
                )
            answered = sum(server.responses.values())
            found = Totals(answered + server.unanswered, server.responses[5] + server.unanswered)
            totals[slot] = found if found.requests else NOTHING
        return totals

    def close(self) -> None:
        """Nothing is kept open."""
