"""Who is in a workspace: members looked up one by one, or as a list, and remembered for a while."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from gainful.connectors.slack.api import SlackApi
from gainful.connectors.slack.errors import SlackRefused
from gainful.connectors.slack.reading import member_of
from gainful.core.clock import Clock
from gainful.sdk.chat import Member, NoSuchRoom

REMEMBERED = timedelta(minutes=10)
MOST_PAGES = 15
"""Of two hundred members each; Slack gives twenty a minute. In a larger workspace a name proves nothing."""
_MEMBER = re.compile(r"[UW][A-Z0-9]{1,40}")
FEW = 20
"""So many members are looked up one by one; for more the whole list is asked for."""


class People:
    """The members of one workspace. Used in one loop alone."""

    def __init__(self, api: SlackApi, clock: Clock) -> None:
        self._api = api
        self._clock = clock
        self._known: dict[str, tuple[Member, datetime]] = {}
        self._names: dict[str, set[str]] | None = None
        self._listed_until = datetime.min.replace(tzinfo=clock().tzinfo)

    async def member(self, member_id: str) -> Member:
        """One member.

        Raises:
            NoSuchRoom: There is none with this id.
        """
        found = self.remembered(member_id)
        if found is None and not _MEMBER.fullmatch(member_id):
            raise NoSuchRoom(f"'{member_id[:40]}' is no id of a member of Slack.", "Look the member up by name.")
        if found is None:
            answer = await self._api.ask("users.info", user=member_id)
            found = self._learn(_mapping(answer.get("user")))
        return found

    def remembered(self, member_id: str) -> Member | None:
        """The member, if it was looked up lately."""
        member, until = self._known.get(member_id, (None, self._clock()))
        return member if until > self._clock() else None

    async def members(self, ids: Sequence[str]) -> list[Member]:
        """These members; of those whom nobody may see, the id alone."""
        if sum(self.remembered(one) is None for one in ids) > FEW:
            await self._listed()
        found = []
        for one in ids:
            try:
                found.append(await self.member(one))
            except NoSuchRoom:
                found.append(Member(one, one))
        return found

    async def find(self, name_or_address: str) -> Member | None:
        """The one member with exactly this name, handle or mail address."""
        wanted = name_or_address.strip().removeprefix("@")
        if not wanted:
            return None
        if "@" in wanted:
            return await self._by_address(wanted)
        names = await self._listed()
        ids = names.get(wanted.casefold(), set()) if names is not None else set()
        return await self.member(min(ids)) if len(ids) == 1 else None

    async def _by_address(self, address: str) -> Member | None:
        try:
            answer = await self._api.ask("users.lookupByEmail", email=address)
        except NoSuchRoom:
            return None
        except SlackRefused as error:
            if error.said != "missing_scope":
                raise
            return None
        return self._learn(_mapping(answer.get("user")))

    async def _listed(self) -> dict[str, set[str]] | None:
        """Ids by every name; None where there are too many to ask for."""
        if self._listed_until > self._clock():
            return self._names
        names: dict[str, set[str]] | None = {}
        cursor = ""
        for _ in range(MOST_PAGES):
            answer = await self._api.ask("users.list", limit=200, cursor=cursor or None)
            for user in answer.get("members") or ():
                self._note(_mapping(user), names)
            cursor = str(_mapping(answer.get("response_metadata")).get("next_cursor") or "")
            if not cursor:
                break
        else:
            names = None
        self._names, self._listed_until = names, self._clock() + REMEMBERED
        return names

    def _note(self, user: Mapping[str, Any], names: dict[str, set[str]] | None) -> None:
        if user.get("deleted") or names is None:
            return
        member = self._learn(user)
        profile = _mapping(user.get("profile"))
        for name in (user.get("name"), user.get("real_name"), profile.get("display_name"), profile.get("real_name")):
            if isinstance(name, str) and name:
                names.setdefault(name.casefold(), set()).add(member.id)

    def _learn(self, user: Mapping[str, Any]) -> Member:
        member = member_of(user)
        self._known[member.id] = (member, self._clock() + REMEMBERED)
        return member


def _mapping(found: object) -> Mapping[str, Any]:
    return found if isinstance(found, Mapping) else {}
