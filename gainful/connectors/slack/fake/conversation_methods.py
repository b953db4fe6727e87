"""conversations.* and users.conversations: which channels there are, who is in them, what was said."""

from __future__ import annotations

from gainful.connectors.slack.fake.methods import Call, method, page
from gainful.connectors.slack.fake.workspace import DIRECT, PRIVATE, PUBLIC, Channel, Json, NotDone, Post, posted

_READ = ("channels:read", "groups:read", "im:read")
_HISTORY = ("channels:history", "groups:history", "im:history")


@method("conversations.list", "2", *_READ)
def list_conversations(call: Call) -> Json:
    found = [one for one in _of_types(call) if one.kind == PUBLIC or call.caller.id in one.members]
    return _page_of(found, call)


@method("users.conversations", "3", *_READ)
def conversations_of(call: Call) -> Json:
    user = call.text("user") or call.caller.id
    return _page_of([one for one in _of_types(call) if user in one.members], call)


@method("conversations.info", "3", *_READ)
def info(call: Call) -> Json:
    return {"channel": _shown(call.channel(member=False), call)}


@method("conversations.members", "4", *_READ)
def members(call: Call) -> Json:
    found, more = page(call.channel(member=False).members, call, 1000, 100)
    return {"members": found, **more}


@method("conversations.open", "3", "im:write")
def open_conversation(call: Call) -> Json:
    users = [one for one in call.text("users").split(",") if one]
    if not users:
        raise NotDone("users_list_not_supplied")
    if len(users) > 1:
        raise NotDone("method_not_supported_for_channel_type")
    other = call.workspace.user(users[0])
    if other.id not in call.workspace.users or other.id == call.caller.id:
        raise NotDone("user_not_found")
    channel = call.workspace.direct(call.caller.id, other.id)
    return {"channel": _shown(channel, call) if call.truth("return_im") else {"id": channel.id}}


@method("conversations.history", "3", *_HISTORY)
def history(call: Call) -> Json:
    channel = call.channel()
    found = [post for post in channel.posts.values() if not post.thread_ts and _within(post, call)]
    return _messages(found[::-1], channel, call, usual=100, longest=999)


@method("conversations.replies", "3", *_HISTORY)
def replies(call: Call) -> Json:
    channel = call.channel()
    root = channel.posts.get(call.text("ts"))
    if root is None:
        raise NotDone("thread_not_found")
    answers = call.workspace.replies(channel, root.ts)
    # The first message comes with every thread, whatever is asked for.
    return _messages([root, *(one for one in answers if _within(one, call))], channel, call, usual=1000, longest=1000)


def _of_types(call: Call) -> list[Channel]:
    types = {one.strip() for one in (call.text("types") or PUBLIC).split(",")}
    if types - {PUBLIC, PRIVATE, DIRECT, "mpim"}:
        raise NotDone("invalid_types")
    return [one for one in call.workspace.channels.values() if one.kind in types]


def _page_of(channels: list[Channel], call: Call) -> Json:
    found, more = page([_shown(one, call) for one in channels], call, 999, 100)
    return {"channels": found, **more}


def _shown(channel: Channel, call: Call) -> Json:
    told: Json = {
        "id": channel.id,
        "is_channel": channel.kind == PUBLIC,
        "is_group": channel.kind == PRIVATE,
        "is_im": channel.kind == DIRECT,
        "is_private": channel.kind != PUBLIC,
        "is_archived": False,
        "is_member": call.caller.id in channel.members,
    }
    if channel.kind == DIRECT:
        other = [one for one in channel.members if one != call.caller.id]
        return {**told, "user": other[0] if other else call.caller.id}
    return {**told, "name": channel.name, "num_members": len(channel.members)}


def _within(post: Post, call: Call) -> bool:
    oldest, latest = call.text("oldest"), call.text("latest")
    inclusive = call.truth("inclusive")
    for bound, error in ((oldest, "invalid_ts_oldest"), (latest, "invalid_ts_latest")):
        if bound and not bound.replace(".", "", 1).isdecimal():
            raise NotDone(error)
    at = _number(post.ts)
    if oldest and (at < _number(oldest) or (at == _number(oldest) and not inclusive)):
        return False
    return not (latest and (at > _number(latest) or (at == _number(latest) and not inclusive)))


def _number(ts: str) -> tuple[int, int]:
    whole, _, micro = ts.partition(".")
    return int(whole or 0), int(micro.ljust(6, "0")[:6] or 0)


def _messages(found: list[Post], channel: Channel, call: Call, *, usual: int, longest: int) -> Json:
    with_metadata = call.truth("include_all_metadata")
    told = []
    for post in found:
        one = posted(post)
        answers = call.workspace.replies(channel, post.ts)
        if answers:
            one |= {"thread_ts": post.ts, "reply_count": len(answers), "latest_reply": answers[-1].ts}
        told.append({**one, "metadata": post.metadata} if with_metadata and post.metadata else one)
    messages, more = page(told, call, longest, usual)
    return {"messages": messages, "has_more": bool(more["response_metadata"]["next_cursor"]), **more}
