"""Cold months of one installation: its own work is taken in first, and each export stands in the audit log.

cold.export(Path("cold"))        # all months that are over
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from gainful.core.clock import Clock
from gainful.gate.audit import AuditEvent, AuditKind
from gainful.storage.cold.cold_months import ColdMonths, Exported
from gainful.storage.gate.audit_store import AuditStore


class ColdExport:
    """Writes months for questions that nobody foresaw.

    Args:
        own: Reports the installation's own work first.
        owner: Who acts.
    """

    def __init__(
        self, months: ColdMonths, audit: AuditStore, own: Callable[[], object], clock: Clock, owner: str
    ) -> None:
        self._months = months
        self._audit = audit
        self._own = own
        self._clock = clock
        self._owner = owner

    def export(self, folder: Path, until: str = "") -> Exported:
        """Write what has changed; see `ColdMonths.export`.

        Args:
            until: The last month, as `2026-10`; without one, the last that is over.

        Raises:
            ParquetMissing, ColdFolderInvalid, Invalid: As they say.
        """
        self._own()
        now = self._clock()
        last = until or f"{now.replace(day=1) - timedelta(days=1):%Y-%m}"
        done = self._months.export(folder, last)
        if done.written or done.removed:
            rows = sum(one.rows for one in done.written)
            detail = {"until": last, "files": len(done.written), "rows": rows, "removed": done.removed}
            event = AuditEvent(now, AuditKind.PRIVACY, actor=self._owner, verdict="months-exported", detail=detail)
            self._audit.append([event])
        return done
