"""The organisation's policy: a file, read before each run. One that cannot be read lets nothing happen."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from sqlalchemy import Engine

from gainful.core.clock import Clock
from gainful.core.errors import Invalid
from gainful.gate.audit import AuditEvent, AuditKind
from gainful.policy.organisation import OrganisationPolicyInvalid, OrganisationRule, organisation_rules
from gainful.storage.database import reading, transaction
from gainful.storage.gate.audit_store import AuditStore
from gainful.storage.gate.manifest_log import last_entry

TOOL = "organisation policy"
"""Under which the audit log knows it."""


class OrganisationPolicyUnreadable(Invalid):
    """The file of the organisation's policy is not there, cannot be read, or is not TOML."""

    code = "organisation-policy-unreadable"


class OrganisationFile:
    """The organisation's rules as they are in their file.

    Args:
        path: None where the settings name none.
    """

    def __init__(self, path: Path | None, engine: Engine, audit: AuditStore, clock: Clock) -> None:
        self._path = path
        self._engine = engine
        self._audit = audit
        self._clock = clock
        self._nothing_noted = False

    def rules(self) -> tuple[OrganisationRule, ...]:
        """The rules, with a note in the audit log where the file is another one than before.

        Raises:
            OrganisationPolicyUnreadable, OrganisationPolicyInvalid: Then nothing may happen.
        """
        rules, digest = self._read()
        # Settings are read once in a process, so that there is no policy need be told once.
        if digest or not self._nothing_noted:
            self._note(digest, tuple(rule.id for rule in rules))
            self._nothing_noted = not digest
        return rules

    def peek(self) -> tuple[OrganisationRule, ...]:
        """The rules, for who only looks: nothing is written down, and nothing may be done by them.

        Raises:
            OrganisationPolicyUnreadable, OrganisationPolicyInvalid: As they say.
        """
        return self._read()[0]

    def _read(self) -> tuple[tuple[OrganisationRule, ...], str]:
        """The rules, and the SHA-256 (hex) of their file; without a file no rules and no digest."""
        if self._path is None:
            return (), ""
        raw = _read(self._path)
        return self._parsed(raw), hashlib.sha256(raw).hexdigest()

    def read(self) -> tuple[tuple[OrganisationRule, int], ...]:
        """The rules with the line on which each begins, for somebody who looks; nothing is noted.

        Raises:
            OrganisationPolicyUnreadable, OrganisationPolicyInvalid: Nothing may happen.
        """
        if self._path is None:
            return ()
        raw = _read(self._path)
        lines = raw.decode(errors="replace").splitlines()
        return tuple((rule, _line_of(rule.id, lines)) for rule in self._parsed(raw))

    @property
    def path(self) -> Path | None:
        """Where it lies; None where the settings name none."""
        return self._path

    def _parsed(self, raw: bytes) -> tuple[OrganisationRule, ...]:
        try:
            return organisation_rules(tomllib.loads(raw.decode(), parse_float=Decimal))
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise OrganisationPolicyUnreadable(
                f"The organisation's policy {self._path} is not TOML: {error}.",
                "Nothing is done without it. Mend the file.",
            ) from None
        except OrganisationPolicyInvalid as error:
            raise OrganisationPolicyInvalid(
                f"{self._path}: {error.what}", f"Nothing is done without it. {error.next_move}"
            ) from None

    def _note(self, digest: str, rules: tuple[str, ...]) -> None:
        with reading(self._engine) as connection:
            if self._is_known(last_entry(connection, "", TOOL, ("read", "none")), digest):
                return
        with transaction(self._engine) as connection:
            if not self._is_known(last_entry(connection, "", TOOL, ("read", "none")), digest):
                event = AuditEvent(
                    self._clock(),
                    AuditKind.MANIFEST,
                    tool=TOOL,
                    verdict="read" if digest else "none",
                    effect=digest,
                    detail={"file": str(self._path or ""), "rules": list(rules)},
                )
                self._audit.append_in(connection, [event])

    @staticmethod
    def _is_known(entry: object, digest: str) -> bool:
        # No policy now and none before is nothing to tell.
        return getattr(entry, "effect", "") == digest


def _line_of(rule: str, lines: Sequence[str]) -> int:
    """The line that gives a rule its id, from 1 on; 0 where it is written in a way that no line shows."""
    wanted = re.compile(rf"""\s*["']?id["']?\s*=\s*(["']){re.escape(rule)}\1""")
    return next((number for number, line in enumerate(lines, 1) if wanted.match(line)), 0)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise OrganisationPolicyUnreadable(
            f"The organisation's policy {path} cannot be read: {error.strerror}.",
            "Nothing is done without it. Put it there, or take `policy` out of [organisation] in the settings.",
        ) from None
