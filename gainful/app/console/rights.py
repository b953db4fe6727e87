"""Roles of people, what each allows, and the scopes of programs' tokens."""

from __future__ import annotations

from enum import StrEnum


class Right(StrEnum):
    """What a page or an action needs."""

    LOOK = "look"
    """See agents, deployments, and the books as everybody may see them."""
    ANSWER = "answer"
    """See and answer what waits for a person's word; whose word counts is decided by the gate."""
    AUDIT = "audit"
    """Take second looks at claimed work."""
    OPERATE = "operate"
    """Stop agents and let them go on, take deployments back, and see runs."""
    MAIL = "mail"
    """See the mailbox's mails, label them and take back what was done to them."""
    REPORT = "report"
    """Tell what the person's own Gainful, on their own machine, spent and achieved."""
    MANAGE = "manage"
    """Make agents, mend waste, see all numbers, settings and who may do what."""


class Role(StrEnum):
    """What somebody is in the console."""

    EMPLOYEE = "employee"
    LEAD = "lead"
    AUDITOR = "auditor"
    OWNER = "owner"

    @property
    def rights(self) -> frozenset[Right]:
        """What it allows."""
        return RIGHTS[self]


RIGHTS = {
    Role.EMPLOYEE: frozenset({Right.LOOK, Right.ANSWER, Right.REPORT}),
    Role.LEAD: frozenset({Right.LOOK, Right.ANSWER, Right.OPERATE, Right.REPORT}),
    Role.AUDITOR: frozenset({Right.LOOK, Right.ANSWER, Right.AUDIT, Right.REPORT}),
    Role.OWNER: frozenset(Right),
}
"""Everything that is not named here is not allowed."""


class Scope(StrEnum):
    """What a token lets a program do, as far as the person behind it may."""

    READ = "read"
    ANSWER = "answer"
    AUDIT = "audit"
    OPERATE = "operate"
    REPORT = "report"
    MANAGE = "manage"


SCOPES = {
    Scope.READ: frozenset({Right.LOOK}),
    Scope.ANSWER: frozenset({Right.ANSWER}),
    Scope.AUDIT: frozenset({Right.AUDIT}),
    Scope.OPERATE: frozenset({Right.OPERATE}),
    Scope.REPORT: frozenset({Right.REPORT}),
    Scope.MANAGE: frozenset({Right.MANAGE}),
}


def rights_of(role: Role, scopes: tuple[str, ...]) -> frozenset[Right]:
    """What a token allows: what its scopes name and its person's role allows. Mails are for people alone."""
    named = frozenset(right for scope in scopes for right in SCOPES[Scope(scope)])
    return named & role.rights
