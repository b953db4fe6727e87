"""auth.test, users.*, reactions.* and apps.connections.open."""

from __future__ import annotations

from gainful.connectors.slack.fake.methods import Call, method, page
from gainful.connectors.slack.fake.workspace import Json, NotDone, posted


@method("auth.test", "none", kinds=frozenset({"bot", "user", "app"}))
def auth_test(call: Call) -> Json:
    found = {
        "url": f"{call.url}/",
        "team": "Example",
        "team_id": call.workspace.team,
        "user": call.caller.name,
        "user_id": call.caller.id,
    }
    return {**found, "bot_id": call.caller.bot_id} if call.caller.bot_id else found


@method("users.info", "4", "users:read")
def info(call: Call) -> Json:
    user = call.workspace.users.get(call.text("user"))
    if user is None:
        raise NotDone("user_not_found")
    return {"user": user.as_json(with_email=_tells_mail(call))}


@method("users.list", "2", "users:read")
def list_users(call: Call) -> Json:
    found = [user.as_json(with_email=_tells_mail(call)) for user in call.workspace.users.values()]
    members, more = page(found, call, 1000, 1000)
    return {"members": members, **more}


@method("users.lookupByEmail", "3", "users:read.email")
def lookup_by_email(call: Call) -> Json:
    address = call.text("email", needed=True).lower()
    for user in call.workspace.users.values():
        if user.email.lower() == address and not user.deleted:
            return {"user": user.as_json(with_email=True)}
    raise NotDone("users_not_found")


@method("reactions.add", "3", "reactions:write")
def react(call: Call) -> Json:
    name = call.text("name")
    if not name or not name.replace("_", "").replace("-", "").replace("+", "").isalnum():
        raise NotDone("invalid_name")
    channel = call.channel()
    call.workspace.react(channel, call.text("timestamp", needed=True), call.caller.id, name)
    return {}


@method("reactions.get", "3", "reactions:read")
def reactions(call: Call) -> Json:
    channel = call.channel()
    post = call.post(channel, "timestamp")
    return {"type": "message", "channel": channel.id, "message": posted(post)}


@method("apps.connections.open", "3", kinds=frozenset({"app"}))
def open_connection(call: Call) -> Json:
    ticket = call.workspace.new_id("t")
    tickets: set[str] = call.arguments["tickets"]
    tickets.add(ticket)
    address = call.url.replace("http", "ws", 1)
    return {"url": f"{address}/link/?ticket={ticket}&app_id={call.workspace.app_id}"}


def _tells_mail(call: Call) -> bool:
    return "users:read.email" not in call.faults.missing_scopes
