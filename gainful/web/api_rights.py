"""Who asks something of the API, and whether they may."""

# Without `annotations` from `__future__`: FastAPI reads them.

import re
from collections.abc import Callable
from datetime import date
from typing import Annotated

from fastapi import Depends, HTTPException, Path
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BeforeValidator

from gainful.app.console import Access, Right, SignedIn

MOST = 500
"""Rows of an answer."""

Name = Annotated[str, Path(max_length=300, min_length=1)]
_bearer = HTTPBearer(auto_error=False, description="A token of the console's settings, or of `gainful console token`.")


def _written(value: object) -> object:
    """A day as it is written; a number is none."""
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value, re.ASCII):
        raise ValueError("is no day like 2026-11-29")
    return value


Day = Annotated[date, BeforeValidator(_written)]


def needs(access: Access, right: Right | None) -> Callable[..., SignedIn]:
    """Who asks, once they may.

    Args:
        right: What the token must allow; None: any token will do.
    """

    def who(given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> SignedIn:
        found = access.by_token(given.credentials) if given is not None else None
        if found is None:
            raise HTTPException(401, "No token, or one that is worth nothing.")
        if right is not None and not found.may(right):
            raise HTTPException(403, f"This token's scopes, or its person's role, do not allow to {right}.")
        return found

    return who
