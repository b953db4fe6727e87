"""`gainful chat`: which chats there are, whether they answer, who is who, and what is still to be said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gainful.cli import exits
from gainful.cli.context import Context, json_option
from gainful.cli.screen import emit, plural, safe, say
from gainful.core.errors import GainfulError

if TYPE_CHECKING:
    from gainful.app import Gainful
    from gainful.storage.chat.inbox_store import Heard
    from gainful.storage.chat.outbox_store import Post

RECENT = 50
NONE = "No chat is set up. docs/how-to/chat.md tells how."


@click.group(short_help="Chats: list, check, who is who, what is to be said.")
@json_option
def chat() -> None:
    """The chats that agents live in: what the settings say of them, who is who there, and what waits to be said.

    `[[chats]]` in gainful.toml sets one up; `gainful serve` hears and answers.
    """


@chat.command("list")
@json_option
@click.pass_obj
def list_(context: Context) -> None:
    """Show every chat, and how much waits there. Reaches none of them."""
    with context.open() as app:
        rows = [_row(app, name) for name in app.chats.connections.names()]
    for row in rows:
        if context.as_json:
            emit(row)
            continue
        said = [f"asks by {row['approvals']}"] + ([f"quiet {row['quiet']}"] if row["quiet"] else [])
        said += [f"{row[state]} {state}" for state in ("waiting", "held", "uncertain", "failed") if row[state]]
        say(f"{safe(row['chat']):16} {row['kind']:8} {safe(', '.join(said))}")
    if not rows and not context.as_json:
        say(NONE)


def _row(app: Gainful, name: str) -> dict[str, Any]:
    setting = app.chats.connections.setting(name)
    states = [str(post.state) for post in app.chats.outbox.open() if post.chat == name]
    return {
        "chat": name,
        "kind": setting.kind,
        "approvals": setting.approvals,
        "quiet": f"{setting.quiet} {setting.zone}" if setting.quiet else "",
        "waiting": states.count("waiting") + states.count("posting"),
        "held": states.count("held"),
        "uncertain": states.count("uncertain"),
        "failed": sum(heard.chat == name for heard in app.chats.inbox.failed()),
    }


@chat.command(short_help="See whether chats answer.")
@click.argument("name", required=False)
@json_option
@click.pass_obj
def check(context: Context, name: str | None) -> int:
    """Sign in to the chat NAME, or to all of them, and show whose account it is and where it is."""
    trouble: GainfulError | None = None
    with context.open() as app:
        names = [name] if name else app.chats.connections.names()
        for one in names:
            try:
                found = app.chats.connections.check(one)
            except GainfulError as error:
                trouble = error
                _answered(context, one, {"problem": error.as_json()}, f"{safe(str(error), 1000)} [{error.code}]")
            else:
                rooms = ", ".join(safe(room, 60) for room in found.rooms[:10]) or "no room yet: invite it"
                said = {"me": found.me.name, "member": found.me.id, "rooms": list(found.rooms)}
                _answered(context, one, said, f"{safe(found.me.name)} ({safe(found.me.id)}), in {rooms}")
        if not names and not context.as_json:
            say(NONE)
    return trouble.exit_code if trouble is not None else exits.OK


def _answered(context: Context, name: str, content: dict[str, Any], line: str) -> None:
    if context.as_json:
        emit({"chat": name, "ok": "problem" not in content, **content})
    else:
        say(f"{'FAIL' if 'problem' in content else 'ok':4}  {safe(name):16} {line}")


# --- who is who ---


@chat.command(short_help="Show who is who.")
@json_option
@click.pass_obj
def people(context: Context) -> None:
    """Show which member of a chat is which person. Everybody else is nobody, and can approve nothing."""
    with context.open() as app:
        links = app.chats.people.links()
    for link in links:
        if context.as_json:
            emit({"chat": link.chat, "member": link.member, "person": link.person, "by": link.by})
        else:
            say(f"{safe(link.person):20} {safe(link.chat):16} {safe(link.member):40} said by {safe(link.by)}")
    if not links and not context.as_json:
        say("Nobody is known in any chat. `gainful chat link CHAT` shows a chat who you are.")


@chat.command(short_help="Say who a member of a chat is.")
@click.argument("name", metavar="CHAT")
@click.argument("member", required=False)
@click.argument("person", required=False)
@click.option("--person", "coded", metavar="PERSON", help="For whom the code is.  [you]")
@json_option
@click.pass_obj
def link(context: Context, name: str, member: str | None, person: str | None, coded: str | None) -> None:
    """Say that a MEMBER (their id, name or mail address) is a PERSON.

    With CHAT alone a code is shown. Whoever sends it to the agents' account in a direct message, within a quarter of an
    hour, is that person from then on: so the chat itself proves who it was. It works once.
    """
    if member is not None and person is None:
        raise click.UsageError("Name the person as well, or neither of them to get a code.")
    with context.open() as app:
        if member is not None and person is not None:
            linked = app.chats.people.link(name, member, person)
            _told(context, {"chat": name, "member": linked.member, "person": person}, f"{linked.member} is {person}.")
            return
        who = coded or app.guards.person
        code = app.chats.people.code(name, who)
    if context.as_json:
        emit({"chat": name, "person": who, "code": code})
        return
    say("Send this to the agents' account in a direct message, within 15 minutes:")
    say(f"\n  link {code}\n")
    say(f"Whoever sends it is {who} in {name} from then on. `gainful serve` has to be running.")


@chat.command(short_help="Take back who a member is.")
@click.argument("name", metavar="CHAT")
@click.argument("member")
@json_option
@click.pass_obj
def unlink(context: Context, name: str, member: str) -> None:
    """Let MEMBER be nobody again: they can ask what agents answer anybody, and approve nothing."""
    with context.open() as app:
        gone = app.chats.people.unlink(name, member)
    line = f"{safe(member)} is nobody now." if gone else f"{safe(member)} was nobody."
    _told(context, {"chat": name, "member": member, "unlinked": gone}, line)


def _told(context: Context, content: dict[str, Any], line: str) -> None:
    if context.as_json:
        emit(content)
    else:
        say(safe(line))


# --- what was heard and what is to be said ---


@chat.command(short_help="Show what is still to be said.")
@click.option("--all", "all_", is_flag=True, help="Also the last that was said, refused or left out.")
@json_option
@click.pass_obj
def outbox(context: Context, all_: bool) -> None:
    """Show what waits to be said, what quiet hours hold, and what is uncertain.

    Uncertain: it was tried, and nothing tells whether it is there. It is not repeated. Look for it in the chat, then
    say what you saw: `gainful chat settle`.
    """
    with context.open() as app:
        posts = app.chats.outbox.recent(RECENT) if all_ else app.chats.outbox.open()
    for post in posts:
        if context.as_json:
            emit(_as_json(post))
        else:
            _show(post)
    if not posts and not context.as_json:
        say("Nothing waits to be said.")


def _show(post: Post) -> None:
    where = f"{post.chat}:{post.room or '@' + post.member}"
    due = f", due {post.due_at:%Y-%m-%d %H:%M} UTC" if post.state == "held" else ""
    style = {"uncertain": "red", "refused": "red", "posted": "green"}.get(str(post.state), "yellow")
    state = click.style(f"{post.state:9}", fg=style)
    say(f"{safe(post.key[:24]):24} {state} {post.kind:7} {safe(where, 60)}  {safe(post.words.agent)}{due}")
    say(f"  {safe(post.words.text, 100)}")
    if post.note:
        say(f"  {safe(post.note, 300)}")


def _as_json(post: Post) -> dict[str, Any]:
    return {
        "key": post.key,
        "chat": post.chat,
        "room": post.room,
        "member": post.member,
        "thread": post.thread,
        "kind": str(post.kind),
        "agent": post.words.agent,
        "text": post.words.text,
        "run": post.run_id,
        "state": str(post.state),
        "due_at": post.due_at,
        "attempts": post.attempts,
        "message": post.place.message if post.place is not None else "",
        "note": post.note,
    }


@chat.command(short_help="Say what became of an uncertain post.")
@click.argument("key")
@click.option("--posted", "verdict", flag_value="posted", help="It is there.")
@click.option("--again", "verdict", flag_value="again", help="It is not there: post it.")
@click.option("--drop", "verdict", flag_value="drop", help="Leave it out.")
@json_option
@click.pass_obj
def settle(context: Context, key: str, verdict: str | None) -> None:
    """Say what you saw of the uncertain post with this KEY, as `gainful chat outbox` shows it."""
    if verdict is None:
        raise click.UsageError("Say what you saw: --posted, --again or --drop.")
    happened = {"posted": True, "again": False, "drop": None}[verdict]
    with context.open() as app:
        found = app.chats.outbox.find(key)
        settled = app.chats.outbox.settle(found.key, happened=happened, by=app.guards.person, at=app.clock())
    _told(context, _as_json(settled), settled.note)


@chat.command(short_help="Show what could not be handled.")
@click.option("--retry", is_flag=True, help="Let it be handled once more.")
@json_option
@click.pass_obj
def inbox(context: Context, retry: bool) -> None:
    """Show events that could not be handled, each with the reason. They are kept as they came."""
    with context.open() as app:
        failed = app.chats.inbox.failed()
        for heard in failed:
            if retry:
                app.chats.inbox.retry(heard)
            _show_heard(context, heard)
    if not context.as_json:
        done = f"{plural(len(failed), 'event')} will be handled again." if retry else ""
        say(done if failed and retry else "" if failed else "Everything that was heard was handled.")


def _show_heard(context: Context, heard: Heard) -> None:
    event = heard.event
    text = event.message.text if event.message is not None else event.detail.get("text", "")
    if context.as_json:
        content = {"chat": heard.chat, "event": event.id, "kind": str(event.kind), "sender": event.sender}
        emit({**content, "text": text, "note": heard.note, "received_at": heard.received_at})
    else:
        say(f"{safe(heard.chat)}  {safe(event.id, 40)}  {event.kind}  {safe(event.sender)}: {safe(text, 80)}")
        say(f"  {safe(heard.note, 300)}")
