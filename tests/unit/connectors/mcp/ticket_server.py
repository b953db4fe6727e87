"""A server made with the official library: `ticket_server.py stdio`, or `ticket_server.py http PORT [TOKEN]`."""

from __future__ import annotations

import sys
from typing import Any

from mcp.server.mcpserver import Context, Image, MCPServer
from pydantic import BaseModel

server = MCPServer("tickets")


class Ticket(BaseModel):
    id: int
    title: str


@server.tool()
def search(query: str, limit: int = 10) -> list[Ticket]:
    """Tickets that have to do with some words."""
    return [Ticket(id=7, title=f"About {query}")][:limit]


@server.tool()
def close(number: int) -> str:
    """Closes a ticket."""
    if number < 0:
        raise ValueError("there is no such ticket")
    return f"closed {number}"


@server.tool()
def picture() -> Image:
    """A picture."""
    return Image(data=b"\x89PNG", format="png")


@server.tool()
async def ask_the_model(ctx: Context) -> str:
    """Wants the client's model to say something."""
    answer: Any = await ctx.session.create_message(messages=[], max_tokens=10)
    return str(answer)


if __name__ == "__main__":
    if sys.argv[1] == "stdio":
        server.run("stdio")
    else:
        import uvicorn

        app: Any = server.streamable_http_app()

        async def guarded(scope: Any, receive: Any, send: Any) -> None:
            """Lets only those in who show the token."""
            token = sys.argv[3].encode() if len(sys.argv) > 3 else None
            if scope["type"] == "http" and token and (b"x-token", token) not in scope["headers"]:
                await send({"type": "http.response.start", "status": 401, "headers": []})
                await send({"type": "http.response.body", "body": b""})
                return
            await app(scope, receive, send)

        uvicorn.run(guarded, host="127.0.0.1", port=int(sys.argv[2]), log_level="error")
