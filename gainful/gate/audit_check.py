"""Looks through an audit log: the first entry that breaks the chain, and whatever a checkpoint contradicts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from gainful.core.chain import GENESIS, Walk
from gainful.gate.audit import Recorded, digest
from gainful.gate.checkpoint import Checkpoint
from gainful.ledger.finding import Finding

CHAIN, CHECKPOINT, SIGNATURE, KEY = "chain", "checkpoint", "signature", "key"
"""The names of the checks."""


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What a look through the log found.

    Args:
        entries: How many there are.
        head: Digest of the last one.
        signed: The last entry that a sound checkpoint confirms; what comes after could be cut off unseen.
        checkpoints: How many agree with the log.
    """

    entries: int
    head: str
    signed: int
    checkpoints: int
    findings: tuple[Finding, ...]


def check(entries: Iterable[Recorded], checkpoints: Iterable[Checkpoint] = (), key: str = "") -> AuditReport:
    """What is wrong with a log, first bad entry first.

    Args:
        entries: All of them, in the order of their numbers.
        key: Fingerprint of the key that should have signed; empty when it is not known here.
    """
    found = AuditCheck(checkpoints, key)
    for entry in entries:
        found.look(entry)
    return found.report()


class AuditCheck:
    """Looks at the entries in order and holds them against the checkpoints. Keeps no entry."""

    def __init__(self, checkpoints: Iterable[Checkpoint], key: str) -> None:
        self._walk = Walk()
        self._count = 0
        self._signed = 0
        self._agreeing = 0
        self._contradicted = False
        self._findings: list[Finding] = []
        self._genuine: defaultdict[int, list[Checkpoint]] = defaultdict(list)
        for checkpoint in sorted(set(checkpoints), key=lambda one: (one.seq, one.at)):
            self._weigh(checkpoint, key)

    def look(self, entry: Recorded) -> None:
        """Take the next entry into account."""
        problem = self._walk.step(entry.seq, entry.previous, entry.digest, lambda: digest(entry))
        if problem:
            self._findings.append(Finding(CHAIN, problem, entry.seq))
        self._count += 1
        for checkpoint in self._genuine.get(entry.seq, ()):
            self._compare(entry, checkpoint)

    def report(self) -> AuditReport:
        """What was found, after the last entry."""
        findings = list(self._findings)
        last = self._walk.seq
        if cut := [seq for seq in self._genuine if seq > last]:
            newest = self._genuine[max(cut)][-1]
            message = (
                f"The log ends at entry {last}, but entry {newest.seq} was signed on {newest.at[:19]}: "
                f"the entries from {last + 1} on were cut off."
            )
            findings.append(Finding(CHECKPOINT, message, last + 1))
        head = self._walk.digest if self._count else GENESIS
        findings.sort(key=lambda finding: finding.seq or 0)
        return AuditReport(self._count, head, self._signed, self._agreeing, tuple(findings))

    def _weigh(self, checkpoint: Checkpoint, key: str) -> None:
        if not checkpoint.genuine:
            message = f"The checkpoint of entry {checkpoint.seq} was forged or changed: its signature does not fit."
            self._findings.append(Finding(SIGNATURE, message, checkpoint.seq))
            return
        if key and checkpoint.key != key:
            message = f"The checkpoint of entry {checkpoint.seq} was signed with key {checkpoint.key}, not with {key}."
            self._findings.append(Finding(KEY, message, checkpoint.seq))
        self._genuine[checkpoint.seq].append(checkpoint)

    def _compare(self, entry: Recorded, checkpoint: Checkpoint) -> None:
        if entry.digest == checkpoint.digest:
            self._agreeing += 1
            if not self._contradicted and not self._walk.broken:
                self._signed = entry.seq
        elif not self._contradicted:
            self._contradicted = True
            message = (
                f"Entry {entry.seq} is not the one that was signed on {checkpoint.at[:19]}: "
                f"entries after {self._signed} were written anew."
            )
            self._findings.append(Finding(CHECKPOINT, message, entry.seq))
