"""What the tools of AgentDojo do and whose words they return, declared as honest connectors would declare them.

The rule for each field: who can write it? Ids, sizes, times of the server, amounts that a bank moved: the system alone
(trusted). Names, titles, texts, subjects, reviews, web pages, and whom an organiser invited: anybody (untrusted).
Four judgements are part of what is trusted here: the address book and the members' list are the person's directories; a
chat server vouches for the sender of a message, a mail server does not; when an event of the own calendar begins and
ends is the calendar's (its words and its guests are not); the travel agency writes its own catalogue (names, addresses,
prices, mean ratings), guests write the reviews.

A connector gives fields with types. AgentDojo's travel tools answer in prose such as `Rating: 4.2\\nReviews: ...`:
`answer` reads it by its fixed beginning, so that the number and what the guests wrote are two things. Its channels have
names alone: `answer` gives each an id (`C1`, `C2`, ...), as the real Slack does, and `as_agentdojo` gives the name
back. Both may name a channel in a call.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from gainful.core.label import Confidentiality, Integrity, Label
from gainful.core.tool import Act, Effect, Returns, Role, ToolSpec

_T, _C, _A, _O = Role.TARGET, Role.CONTENT, Role.AMOUNT, Role.OPTION


def _system(source: str, confidentiality: Confidentiality = Confidentiality.INTERNAL) -> Label:
    return Label(Integrity.TRUSTED, confidentiality, frozenset({source}))


def _anybody(source: str, confidentiality: Confidentiality = Confidentiality.INTERNAL) -> Label:
    return Label(Integrity.UNTRUSTED, confidentiality, frozenset({source}))


_PUBLIC = Confidentiality.PUBLIC


# --- whose words come back --------------------------------------------------------------------------------------------


def _under(prefix: str, fields: Mapping[str, Label]) -> dict[str, Label]:
    return {f"{prefix}.{name}" if prefix else name: label for name, label in fields.items()}


_MAIL = {name: _system("mail") for name in ("id_", "timestamp", "status", "read")}
_EVENT = {name: _system("calendar") for name in ("id_", "start_time", "end_time", "all_day", "status")}
_FILE = {name: _system("drive") for name in ("id_", "size", "last_modified", "owner", "shared_with")}
_PAYMENT = {name: _system("bank") for name in ("id", "sender", "recipient", "amount", "date", "recurring")}


def _objects(path: str, source: str, kind: str, fields: Mapping[str, Label], server: str) -> Returns:
    """One object, or a list of them, of which these fields are the system's own."""
    anybody = _anybody(source)
    return Returns(
        {"": anybody, **_under(path, fields)},
        anybody,
        objects={path: f"{kind}:{{id_}}"},
        server=frozenset(server.split()),
    )


# An event's times are what somebody wrote on it, a file's size is the server's whatever was written.
_MAILS, _ONE_MAIL = (_objects(path, "mail", "mail", _MAIL, "id_ timestamp status read") for path in ("[]", ""))
_EVENTS, _ONE_EVENT = (_objects(path, "calendar", "event", _EVENT, "id_ status") for path in ("[]", ""))
_FILES, _ONE_FILE = (
    _objects(path, "drive", "file", _FILE, "id_ size last_modified owner shared_with") for path in ("[]", "")
)
_DONE = Returns(echoes=True)


def _all(label: Label, objects: Mapping[str, str] | None = None) -> Returns:
    return Returns({"": label}, label, objects=objects or {})


# --- the tools --------------------------------------------------------------------------------------------------------


def _tool(
    name: str, effect: Effect, act: Act, returns: Returns, about: str, /, required: str = "", **more: Any
) -> ToolSpec:
    arguments = more.pop("arguments", {})
    needed = frozenset(required.split()) if required else frozenset(arguments)
    return ToolSpec(name, effect, act, arguments, returns, needed, about=about, **more)


def _read(name: str, returns: Returns, about: str, /, required: str | None = None, **arguments: Role) -> ToolSpec:
    needed = frozenset(arguments) if required is None else frozenset(required.split())
    return ToolSpec(name, Effect.READ, Act.READ, arguments, returns, needed, about=about)


_CALENDAR_READS = (
    _read(
        "search_calendar_events",
        _EVENTS,
        "Events whose title or description holds the text.",
        "query",
        query=_T,
        date=_T,
    ),
    _read("get_day_calendar_events", _EVENTS, "The events of one day.", day=_T),
)

_SEND_EMAIL = _tool(
    *("send_email", Effect.EGRESS, Act.SEND, _ONE_MAIL, "Sends a mail."),
    arguments={"recipients": _T, "subject": _C, "body": _C, "attachments": _T, "cc": _T, "bcc": _T},
    required="recipients subject body",
    exposes={"attachments": "file:{}"},
    writes=("mail:{id_}",),
)
_CREATE_EVENT = _tool(
    *("create_calendar_event", Effect.CONTAINED, Act.WRITE, _ONE_EVENT, "Creates an event; participants get a mail."),
    arguments={
        "title": _C,
        "start_time": _T,
        "end_time": _T,
        "description": _C,
        "participants": _T,
        "location": _C,
    },
    required="title start_time end_time",
    attends=frozenset({"participants"}),
    writes=("event:{id_}",),
)
_CANCEL_EVENT = _tool(
    *("cancel_calendar_event", Effect.EGRESS, Act.DELETE, _DONE, "Cancels an event; participants get a mail."),
    arguments={"event_id": _T},
)

WORKSPACE = (
    _read("get_unread_emails", _MAILS, "Unread mails; they count as read then."),
    _read("get_sent_emails", _MAILS, "Mails sent."),
    _read("get_received_emails", _MAILS, "Mails received."),
    _read("get_draft_emails", _MAILS, "Drafts."),
    _read("search_emails", _MAILS, "Mails whose subject or body holds the text.", "query", query=_T, sender=_T),
    *(
        ToolSpec(
            name, Effect.READ, Act.LOOK_UP, {"query": _T}, _all(_system("contacts")), frozenset({"query"}), about=about
        )
        for name, about in (
            ("search_contacts_by_name", "Contacts whose name holds the text, each with name and email."),
            ("search_contacts_by_email", "Contacts whose address holds the text, each with name and email."),
        )
    ),
    _read("get_current_day", _all(_system("clock", _PUBLIC)), "Today as YYYY-MM-DD."),
    *_CALENDAR_READS,
    _read("search_files_by_filename", _FILES, "Files whose name holds the text.", filename=_T),
    _read("search_files", _FILES, "Files whose content holds the text.", query=_T),
    _read("get_file_by_id", _ONE_FILE, "One file.", file_id=_T),
    _read("list_files", _FILES, "All files."),
    _SEND_EMAIL,
    _tool("delete_email", Effect.IRREVERSIBLE, Act.DELETE, _DONE, "Deletes a mail.", arguments={"email_id": _T}),
    _CREATE_EVENT,
    _CANCEL_EVENT,
    _tool(
        *("reschedule_calendar_event", Effect.EGRESS, Act.WRITE, _ONE_EVENT),
        "Moves an event; participants get a mail. Without an end it keeps its length.",
        arguments={"event_id": _T, "new_start_time": _T, "new_end_time": _T},
        required="event_id new_start_time",
        exposes={"event_id": "event:{}"},
    ),
    _tool(
        *("add_calendar_event_participants", Effect.EGRESS, Act.SHARE, _ONE_EVENT, "Invites people to an event."),
        arguments={"event_id": _T, "participants": _T},
        exposes={"event_id": "event:{}"},
    ),
    _tool(
        *("append_to_file", Effect.REVERSIBLE, Act.WRITE, _ONE_FILE, "Adds text at a file's end."),
        arguments={"file_id": _T, "content": _C},
        writes=("file:{file_id}",),
    ),
    _tool(
        *("create_file", Effect.CONTAINED, Act.WRITE, _ONE_FILE, "Creates a file that nobody else sees."),
        arguments={"filename": _T, "content": _C},
        writes=("file:{id_}",),
    ),
    _tool("delete_file", Effect.IRREVERSIBLE, Act.DELETE, _ONE_FILE, "Deletes a file.", arguments={"file_id": _T}),
    _tool(
        *("share_file", Effect.EGRESS, Act.SHARE, _ONE_FILE, "Shares a file; permission r or rw."),
        arguments={"file_id": _T, "email": _T, "permission": _T},
        exposes={"file_id": "file:{}"},
    ),
)

_CATALOGUE = _all(_system("agency", _PUBLIC))
_RATINGS = Returns(
    {"": _system("agency", _PUBLIC), "*.rating": _system("agency", _PUBLIC), "*.reviews": _anybody("guests", _PUBLIC)},
    _anybody("guests", _PUBLIC),
)


def _list_of(name: str, about: str) -> ToolSpec:
    return _read(name, _CATALOGUE, about, city=_T)


TRAVEL = (
    _read("get_user_information", _all(_system("profile", Confidentiality.SECRET)), "Passport, cards, address."),
    _list_of("get_all_hotels_in_city", "Names of the hotels in a city."),
    _list_of("get_all_restaurants_in_city", "Names of the restaurants in a city."),
    _list_of("get_all_car_rental_companies_in_city", "Names of the companies in a city."),
    _read(
        "get_hotels_prices", _CATALOGUE, "By name: lowest and highest price a night, as min and max.", hotel_names=_T
    ),
    _read("get_hotels_address", _CATALOGUE, "By name: the address.", hotel_name=_T),
    _read("get_rating_reviews_for_hotels", _RATINGS, "By name: rating (a number) and reviews.", hotel_names=_T),
    _read("get_rating_reviews_for_restaurants", _RATINGS, "By name: rating and reviews.", restaurant_names=_T),
    _read("get_rating_reviews_for_car_rental", _RATINGS, "By name: rating and reviews.", company_name=_T),
    *(
        _read(name, _CATALOGUE, about, restaurant_names=_T)
        for name, about in (
            ("get_cuisine_type_for_restaurants", "By name: the cuisine."),
            ("get_restaurants_address", "By name: the address."),
            ("get_dietary_restrictions_for_all_restaurants", "By name: what is available, such as 'Vegan available'."),
            ("get_contact_information_for_restaurants", "By name: the telephone number."),
            ("get_price_for_restaurants", "By name: the price per person."),
            ("check_restaurant_opening_hours", "By name: days and hours."),
        )
    ),
    *(
        _read(name, _CATALOGUE, about, company_name=_T)
        for name, about in (
            ("get_car_types_available", "By name: kinds of car, a list."),
            ("get_car_fuel_options", "By name: kinds of fuel, a list."),
            ("get_car_rental_address", "By name: the address."),
            ("get_car_price_per_day", "By name: the price a day."),
        )
    ),
    _read("get_flight_information", _CATALOGUE, "Flights between two cities.", departure_city=_T, arrival_city=_T),
    *_CALENDAR_READS,
    _SEND_EMAIL,
    _CREATE_EVENT,
    _CANCEL_EVENT,
    _tool(
        *("reserve_hotel", Effect.IRREVERSIBLE, Act.PAY, _DONE, "Books a hotel."),
        arguments={"hotel": _T, "start_day": _T, "end_day": _T},
    ),
    _tool(
        *("reserve_restaurant", Effect.IRREVERSIBLE, Act.PAY, _DONE, "Books a table."),
        arguments={"restaurant": _T, "start_time": _T},
    ),
    _tool(
        *("reserve_car_rental", Effect.IRREVERSIBLE, Act.PAY, _DONE, "Books a car."),
        arguments={"company": _T, "start_time": _T, "end_time": _T},
        required="company start_time",
    ),
)

_BANK = _system("bank", Confidentiality.SECRET)
_MONEY = {"recipient": _T, "amount": _A, "subject": _C, "date": _T}

BANKING = (
    _read("get_iban", _all(_BANK), "The account's own IBAN."),
    _read("get_balance", _all(_BANK), "The balance."),
    _read("get_user_info", _all(_BANK, {"": "profile"}), "The owner's name and address."),
    _read(
        "get_most_recent_transactions",
        # Whoever pays somebody chooses the subject; the bank vouches for the account, the amount and the day.
        Returns({"": _anybody("bank"), **_under("[]", _PAYMENT)}, _anybody("bank")),
        "The last n payments, also incoming ones: sender, recipient ('me' is the owner), amount, subject, date.",
        "",
        n=_O,
    ),
    _read(
        "get_scheduled_transactions",
        # Nobody but the owner sets these up. What an agent wrote into them keeps its label by the object's name.
        _all(_system("bank"), {"": "standing-orders"}),
        "Payments that the owner has set up.",
    ),
    _read("read_file", _all(_anybody("file")), "A file's text.", file_path=_T),
    _tool("send_money", Effect.IRREVERSIBLE, Act.PAY, _DONE, "Pays at once.", arguments=_MONEY),
    _tool(
        *("schedule_transaction", Effect.IRREVERSIBLE, Act.PAY, _DONE, "Sets up a payment."),
        arguments={**_MONEY, "recurring": _T},
        writes=("standing-orders",),
    ),
    _tool(
        *("update_scheduled_transaction", Effect.IRREVERSIBLE, Act.PAY, _DONE, "Changes what is given of a payment."),
        arguments={"id": _T, **_MONEY, "recurring": _T},
        required="id",
        writes=("standing-orders",),
    ),
    _tool(
        *("update_password", Effect.IRREVERSIBLE, Act.ADMINISTER, _DONE, "Changes the password."),
        arguments={"password": _T},
    ),
    ToolSpec(
        *("update_user_info", Effect.REVERSIBLE, Act.ADMINISTER),
        {"first_name": _T, "last_name": _T, "street": _T, "city": _T},
        _DONE,
        writes=("profile",),
        about="Changes what is given of the owner's name and address.",
    ),
)

_MESSAGES = Returns({"": _anybody("chat"), "[].sender": _system("chat")}, _anybody("chat"))

SLACK = (
    _read(
        "get_channels",
        # The server gives the id; any member may choose the name.
        Returns({"": _anybody("chat"), "[].id": _system("chat")}, _anybody("chat")),
        "All channels: id and name.",
    ),
    _read("get_users_in_channel", _all(_system("members")), "The members of a channel.", channel=_T),
    _read("read_channel_messages", _MESSAGES, "A channel's messages: sender, recipient, body.", channel=_T),
    _read("read_inbox", _MESSAGES, "A person's direct messages: sender, recipient, body.", user=_T),
    _tool(
        *("get_webpage", Effect.EGRESS, Act.FETCH, _all(_anybody("web", _PUBLIC)), "The text of a page."),
        arguments={"url": _T},
    ),
    _tool(
        *("send_direct_message", Effect.EGRESS, Act.SEND, _DONE, "Writes to one person."),
        arguments={"recipient": _T, "body": _C},
    ),
    _tool(
        *("send_channel_message", Effect.EGRESS, Act.SEND, _DONE, "Writes to a channel."),
        arguments={"channel": _T, "body": _C},
    ),
    _tool(
        *("post_webpage", Effect.EGRESS, Act.SEND, _DONE, "Puts a page on the web."),
        arguments={"url": _T, "content": _C},
    ),
    _tool(
        *("add_user_to_channel", Effect.EGRESS, Act.SHARE, _DONE, "Lets a member read and write in a channel."),
        arguments={"user": _T, "channel": _T},
    ),
    _tool(
        *("invite_user_to_slack", Effect.EGRESS, Act.SHARE, _DONE, "Lets somebody into the workspace."),
        arguments={"user": _T, "user_email": _T},
    ),
    _tool(
        *("remove_user_from_slack", Effect.IRREVERSIBLE, Act.ADMINISTER, _DONE, "Removes a member."),
        arguments={"user": _T},
    ),
)

SUITES: Mapping[str, tuple[ToolSpec, ...]] = {
    "workspace": WORKSPACE,
    "travel": TRAVEL,
    "banking": BANKING,
    "slack": SLACK,
}

TOOLS: Mapping[str, ToolSpec] = {spec.name: spec for suite in SUITES.values() for spec in suite}
"""Every tool by name: those that two suites have are the same in both."""

NEW_ONLY = frozenset({"send_email", "create_calendar_event", "create_file"})
"""Tools whose answer is the new thing alone: nothing in it is news to whoever approved the call."""


# --- an answer as a connector gives it --------------------------------------------------------------------------------

_RATING = re.compile(r"Rating: ([0-9.]+)\nReviews: (.*)", re.DOTALL)
_PRICES = re.compile(r"Price range: ([0-9.]+) - ([0-9.]+)")
_NAMES = re.compile(r"(?:Hotel Names|Restaurant in [^:]*|Car Rental Companies in [^:]*): (.*)", re.DOTALL)


def answer(tool: str, result: Any) -> Any:
    """A tool's answer as JSON with fields of fixed types; times as `YYYY-MM-DD HH:MM`."""
    plain = _json(result)
    if tool == "get_channels" and isinstance(plain, list):
        return [{"id": f"C{number}", "name": name} for number, name in enumerate(plain, start=1)]
    if tool.startswith("get_all_") and isinstance(plain, str) and (found := _NAMES.fullmatch(plain)):
        return [name for name in found[1].split("\n") if name]
    if tool.startswith("get_rating_reviews_") and isinstance(plain, dict):
        return {name: _rating(text) for name, text in plain.items()}
    if tool == "get_hotels_prices" and isinstance(plain, dict):
        return {name: _prices(text) for name, text in plain.items()}
    return plain


def as_agentdojo(args: Mapping[str, Any], channels: Sequence[str]) -> dict[str, Any]:
    """The arguments as AgentDojo's tools take them: a channel's id becomes its name."""
    by_id = {f"C{number}": name for number, name in enumerate(channels, start=1)}
    return {name: by_id.get(part, part) if name == "channel" else part for name, part in args.items()}


def _rating(text: str) -> Any:
    found = _RATING.fullmatch(text)
    return {"rating": float(found[1]), "reviews": found[2]} if found else {"reviews": text}


def _prices(text: str) -> Any:
    found = _PRICES.fullmatch(text)
    return {"min": float(found[1]), "max": float(found[2])} if found else {}


def _json(value: Any) -> Any:
    # No import of AgentDojo's types: the gate is measured by others with their harness, too.
    if hasattr(value, "model_dump"):
        return _json(value.model_dump())
    if isinstance(value, Mapping):
        return {str(_json(name)): _json(part) for name, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_json(part) for part in value]
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, str):
        return str.__str__(value) if type(value) is str else str(getattr(value, "value", value))
    return value if value is None or isinstance(value, bool | int | float) else str(value)
