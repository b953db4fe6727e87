"""chat.*: posting, editing, streaming, and showing something to one person alone."""

from __future__ import annotations

import json
from typing import Any

from gainful.connectors.slack.fake.methods import Call, method
from gainful.connectors.slack.fake.workspace import DIRECT, Channel, Json, NotDone, Post, posted

MOST_MARKDOWN = 12_000
MOST_BLOCKS = 50
MOST_EDITED = 4_000
MOST_TEXT = 40_000
_BOT = frozenset({"bot"})
_KNOWN_BLOCKS = frozenset({"section", "markdown", "context", "actions", "divider", "header", "rich_text"})
_KNOWN_CHUNKS = frozenset({"markdown_text", "blocks", "task_update", "plan_update"})


@method("chat.postMessage", "post", "chat:write")
def post_message(call: Call) -> Json:
    channel = call.channel()
    text, blocks = _content(call)
    post = Post(
        ts=call.workspace.new_ts(),
        user=call.caller.id,
        text=text[:MOST_TEXT],
        blocks=blocks,
        metadata=_metadata(call),
        thread_ts=call.text("thread_ts"),
        bot_id=call.workspace.bot.bot_id,
    )
    call.workspace.add_post(channel, post)
    return {"channel": channel.id, "ts": post.ts, "message": _told(post)}


@method("chat.update", "3", "chat:write")
def update(call: Call) -> Json:
    channel = call.channel()
    post = call.own(channel, "cant_update_message")
    if post.streaming:
        raise NotDone("streaming_state_conflict")
    text, blocks = _content(call)
    if len(text) > MOST_EDITED:
        raise NotDone("msg_too_long")
    post.text, post.blocks, post.growing = text, blocks, ""
    if "metadata" in call.arguments:
        post.metadata = _metadata(call) or None
    call.workspace.change(channel, post, call.caller.id)
    return {"channel": channel.id, "ts": post.ts, "text": text, "message": _told(post)}


@method("chat.delete", "3", "chat:write")
def delete(call: Call) -> Json:
    channel = call.channel()
    post = call.own(channel, "cant_delete_message")
    call.workspace.remove(channel, post.ts)
    return {"channel": channel.id, "ts": post.ts}


@method("chat.postEphemeral", "4", "chat:write")
def post_ephemeral(call: Call) -> Json:
    channel = call.channel()
    user = call.text("user", needed=True)
    if user not in channel.members:
        raise NotDone("user_not_in_channel")
    text, blocks = _content(call)
    return {"message_ts": call.workspace.whisper(channel, user, text, blocks, call.text("thread_ts"))}


@method("chat.getPermalink", "none")
def get_permalink(call: Call) -> Json:
    channel = call.channel(member=False)
    post = call.post(channel, "message_ts")
    address = f"{call.url}/archives/{channel.id}/p{post.ts.replace('.', '')}"
    if post.thread_ts:
        address += f"?thread_ts={post.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": address}


@method("chat.startStream", "2", "chat:write", kinds=_BOT)
def start_stream(call: Call) -> Json:
    if call.faults.no_streaming:
        raise NotDone("unknown_method", req_method="chat.startStream")
    channel = call.channel()
    if not call.text("thread_ts"):
        raise NotDone("invalid_arguments")
    if channel.kind != DIRECT:
        _recipient(call, channel)
    post = Post(
        ts=call.workspace.new_ts(),
        user=call.caller.id,
        text="",
        thread_ts=call.text("thread_ts"),
        bot_id=call.workspace.bot.bot_id,
        streaming=True,
    )
    _grow(call, post)
    call.workspace.add_post(channel, post)
    return {"channel": channel.id, "ts": post.ts}


@method("chat.appendStream", "4", "chat:write", kinds=_BOT)
def append_stream(call: Call) -> Json:
    channel = call.channel()
    post = _streaming(call, channel)
    if not call.arguments.get("chunks") and not call.text("markdown_text"):
        raise NotDone("no_text")
    _grow(call, post)
    call.workspace.touch()
    return {"channel": channel.id, "ts": post.ts}


@method("chat.stopStream", "2", "chat:write", kinds=_BOT)
def stop_stream(call: Call) -> Json:
    channel = call.channel()
    post = _streaming(call, channel)
    blocks = _blocks(call)
    _grow(call, post)
    post.text = post.growing
    # The growing text stands between what was begun with and what is shown below it.
    post.blocks = [*post.blocks, *([{"type": "markdown", "text": post.growing}] if post.growing else []), *blocks]
    post.growing, post.streaming = "", False
    if "metadata" in call.arguments:
        post.metadata = _metadata(call)
    call.workspace.touch()
    return {"channel": channel.id, "ts": post.ts, "message": _told(post)}


def _recipient(call: Call, channel: Channel) -> None:
    user = call.text("recipient_user_id")
    if not user:
        raise NotDone("missing_recipient_user_id")
    if not call.text("recipient_team_id"):
        raise NotDone("missing_recipient_team_id")
    if user not in channel.members:
        raise NotDone("user_not_found")


def _streaming(call: Call, channel: Channel) -> Post:
    post = call.own(channel, "message_not_owned_by_app")
    if call.faults.streams_end:
        post.streaming = False
    if not post.streaming:
        raise NotDone("message_not_in_streaming_state")
    return post


def _grow(call: Call, post: Post) -> None:
    """Take in chunks or text, whole or not at all."""
    text, blocks = call.text("markdown_text"), list[Json]()
    for chunk in _list(call, "chunks", "invalid_chunks"):
        if chunk.get("type") not in _KNOWN_CHUNKS:
            raise NotDone("invalid_chunks")
        if chunk["type"] == "markdown_text":
            if not isinstance(chunk.get("text"), str) or len(chunk["text"]) > MOST_MARKDOWN:
                raise NotDone("invalid_chunks")
            text += chunk["text"]
        elif chunk["type"] == "blocks":
            blocks += _checked(chunk.get("blocks"))
    if len(text) > MOST_MARKDOWN:
        raise NotDone("msg_too_long")
    post.growing = (post.growing + text)[:MOST_TEXT]
    post.blocks = [*post.blocks, *blocks]


def _content(call: Call) -> tuple[str, list[Json]]:
    text, markdown, blocks = call.text("text"), call.text("markdown_text"), _blocks(call)
    if markdown and (text or blocks):
        raise NotDone("markdown_text_conflict")
    if len(markdown) > MOST_MARKDOWN:
        raise NotDone("msg_too_long")
    if markdown:
        return markdown, [{"type": "markdown", "text": markdown}]
    if not text and not blocks:
        raise NotDone("no_text")
    return text, blocks


def _blocks(call: Call) -> list[Json]:
    return _checked(_list(call, "blocks", "invalid_blocks_format"))


def _checked(blocks: Any) -> list[Json]:
    if not isinstance(blocks, list) or not all(isinstance(one, dict) for one in blocks):
        raise NotDone("invalid_blocks_format")
    if len(blocks) > MOST_BLOCKS:
        raise NotDone("msg_blocks_too_many")
    if sum(len(str(one.get("text", ""))) for one in blocks if one.get("type") == "markdown") > MOST_MARKDOWN:
        raise NotDone("msg_blocks_too_long")
    for block in blocks:
        _check(block)
    return blocks


def _check(block: Json) -> None:
    if block.get("type") not in _KNOWN_BLOCKS or len(str(block.get("block_id", ""))) > 255:
        raise NotDone("invalid_blocks")
    elements = block.get("elements", [])
    if block["type"] in ("context", "actions") and not (isinstance(elements, list) and 0 < len(elements) <= 25):
        raise NotDone("invalid_blocks")
    if block["type"] != "actions":
        return
    names = [one.get("action_id") for one in elements]
    for one in elements:
        label = one.get("text", {}).get("text", "")
        if one.get("type") != "button" or not 0 < len(label) <= 75 or len(str(one.get("value", ""))) > 2000:
            raise NotDone("invalid_blocks")
    if len(set(names)) != len(names):
        raise NotDone("invalid_blocks")


def _metadata(call: Call) -> Json | None:
    given = call.arguments.get("metadata")
    found = _parsed(given) if isinstance(given, str) and given else given
    if found in (None, "", {}):
        return None
    if not isinstance(found, dict) or not isinstance(found.get("event_payload"), dict):
        raise NotDone("invalid_metadata_format")
    if not isinstance(found.get("event_type"), str) or not found["event_type"].replace("_", "").isalnum():
        raise NotDone("invalid_metadata_schema")
    if len(json.dumps(found)) > 8000:
        raise NotDone("metadata_too_large")
    return found


def _list(call: Call, name: str, error: str) -> list[Json]:
    given = call.arguments.get(name)
    found = _parsed(given) if isinstance(given, str) and given else given or []
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise NotDone(error)
    return found


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _told(post: Post) -> Json:
    found = posted(post)
    return {**found, "metadata": post.metadata} if post.metadata else found
