"""Who is who: members of chats as persons of Gainful. The chat vouches for its members; people say who they are."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gainful.app.chat.connections import Connections
from gainful.core.clock import Clock
from gainful.core.errors import Invalid
from gainful.sdk.chat import Member, NoSuchRoom
from gainful.storage.chat.people_store import Link, PeopleStore

SETTINGS = "gainful.toml"
_CODE = re.compile(r"link\s+([0-9a-z]{4,20}(?:[- ][0-9a-z]{4,20})?)", re.IGNORECASE)
_PERSON = re.compile(r"\w[\w.@+-]{0,63}")


class LinkInvalid(Invalid):
    """A member or a person that cannot be linked, or a link that the settings hold."""

    code = "link-invalid"


class People:
    """Members and persons.

    Args:
        owner: For whom Gainful works here.
        team: Who else may answer for agents.
    """

    def __init__(
        self, store: PeopleStore, connections: Connections, owner: str, team: Sequence[str], clock: Clock
    ) -> None:
        self._store = store
        self._connections = connections
        self._clock = clock
        self.owner = owner
        self.trusted = tuple(dict.fromkeys([owner, *team]))
        """Who may answer where nobody is named: in a chat, those who may open this installation."""

    def person(self, chat: str, member: str) -> str:
        """Who a member is; empty for somebody whom nobody knows, who is nobody."""
        settings = self._connections.settings.get(chat)
        return (settings.people.get(member) if settings is not None else None) or self._store.person(chat, member)

    def member(self, chat: str, person: str) -> str:
        """The member that a person is in a chat; empty when nobody said. Of several the one of the settings."""
        found = [link for link in self.links() if link.chat == chat and link.person == person]
        return found[0].member if person and found else ""

    def links(self) -> list[Link]:
        """Everybody who is known; those of the settings first, which hold against the others."""
        now = self._clock()
        fixed = [
            Link(setting.name, member, person, SETTINGS, now)
            for setting in self._connections.settings.values()
            for member, person in setting.people.items()
        ]
        places = {(link.chat, link.member) for link in fixed}
        return [*fixed, *(link for link in self._store.links() if (link.chat, link.member) not in places)]

    def link(self, chat: str, member: str, person: str) -> Link:
        """Write down who a member is; the chat is asked whether there is such a member.

        Args:
            member: Their id, or exactly their name or mail address.

        Raises:
            NoSuchChat, NoSuchRoom: There is no such chat or member.
            LinkInvalid: It is an agent's account, the person has no such name, or the settings say otherwise.
        """
        self._check(chat, member, person)
        found = self._member(chat, member)
        self._check(chat, found.id, person)
        if found.is_bot:
            raise LinkInvalid(f"'{member[:60]}' is an account of a program, and programs are nobody.", "Link people.")
        link = Link(chat, found.id, person, self.owner, self._clock())
        self._store.link(link)
        return link

    def unlink(self, chat: str, member: str) -> bool:
        """Take it back. False: they were nobody.

        Raises:
            NoSuchChat, LinkInvalid: There is no such chat; the settings say who they are.
        """
        self._check(chat, member, self.owner)
        return self._store.unlink(Link(chat, member, self._store.person(chat, member), self.owner, self._clock()))

    def code(self, chat: str, person: str) -> str:
        """A code that somebody sends the agents' account in a direct message, to show that they are this person.

        Raises:
            NoSuchChat, LinkInvalid: There is no such chat; the person has no such name.
        """
        self._check(chat, "", person)
        return self._store.new_code(chat, person, by=self.owner, at=self._clock())

    def shown(self, chat: str, member: str, text: str) -> str | None:
        """The person whom a direct message shows its sender to be; empty when it holds a code that is no good.

        None: it holds no code.
        """
        found = _CODE.fullmatch(text.strip().strip("`").strip())
        if found is None:
            return None
        if self._connections.chat(chat).member(member).is_bot:
            return ""
        return self._store.redeem(chat, found[1], member, self._clock())

    def _member(self, chat: str, wanted: str) -> Member:
        opened = self._connections.chat(chat)
        try:
            return opened.member(wanted)
        except NoSuchRoom:
            found = opened.find_member(wanted)
            if found is None:
                raise
            return found

    def _check(self, chat: str, member: str, person: str) -> None:
        setting = self._connections.setting(chat)
        if member in setting.people:
            raise LinkInvalid(
                f"gainful.toml says that {member[:60]} is {setting.people[member]}.", "Change it there, or take it out."
            )
        if not _PERSON.fullmatch(person):
            raise LinkInvalid(f"'{person[:60]}' is no name of a person.", "Write it in one word, such as ada.")
