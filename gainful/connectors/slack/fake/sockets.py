"""Socket Mode: the app's connections, each opened with a ticket that is good once."""

from __future__ import annotations

import json
import struct
from contextlib import suppress

from aiohttp import WSMsgType, web

from gainful.connectors.slack.fake.delivery import MOST_CONNECTIONS, Delivery
from gainful.connectors.slack.fake.faults import Faults
from gainful.connectors.slack.fake.workspace import Json


class Socket:
    """One connection of the app's."""

    def __init__(self, request: web.Request, socket: web.WebSocketResponse) -> None:
        self._request = request
        self._socket = socket

    async def send(self, envelope: Json) -> None:
        """Send it whole."""
        # Whether it has arrived, its acknowledgement tells.
        with suppress(ConnectionError):
            await self._socket.send_str(json.dumps(envelope))

    async def send_half(self, envelope: Json) -> None:
        """Send the first half of it and break off."""
        content = json.dumps(envelope).encode()
        frame = struct.pack("!BBH", 0x81, 126, len(content)) + content if len(content) < 65536 else b"\x81"
        transport = self._request.transport
        if transport is not None:
            transport.write(frame[: len(frame) // 2])
            transport.close()

    async def hang_up(self, reason: str) -> None:
        """Tell the app to open another connection, and close this one."""
        with suppress(ConnectionError):
            await self._socket.send_str(
                json.dumps({"type": "disconnect", "reason": reason, "debug_info": {"host": "imitation"}})
            )
            await self._socket.close()

    def break_off(self) -> None:
        """Be gone without a word."""
        if self._request.transport is not None:
            self._request.transport.abort()


class Sockets:
    """Every connection of the app's."""

    def __init__(self, delivery: Delivery, faults: Faults, app_id: str) -> None:
        self.tickets: set[str] = set()
        self.open: list[Socket] = []
        self._delivery = delivery
        self._faults = faults
        self._app_id = app_id

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """A connection, from its beginning to its end."""
        if self._faults.unreachable and request.transport is not None:
            request.transport.abort()
        ticket = request.query.get("ticket", "")
        if ticket not in self.tickets:
            return web.Response(status=403)
        self.tickets.discard(ticket)
        response = web.WebSocketResponse()
        await response.prepare(request)
        socket = Socket(request, response)
        if len(self.open) >= MOST_CONNECTIONS:
            await socket.hang_up("too_many_websockets")
            return response
        self.open.append(socket)
        try:
            await self._spoken(socket, response)
        finally:
            self._leave(socket)
        return response

    async def hang_up(self, reason: str) -> None:
        """Ask the app to open others, and close those that are open."""
        for socket in list(self.open):
            # Nothing is sent any more to a connection that was asked to leave.
            self._leave(socket)
            await socket.hang_up(reason)

    def break_off(self) -> None:
        """Be gone without a word."""
        for socket in list(self.open):
            self._leave(socket)
            socket.break_off()

    def _leave(self, socket: Socket) -> None:
        if socket in self.open:
            self.open.remove(socket)
            self._delivery.disconnected(socket)

    async def _spoken(self, socket: Socket, response: web.WebSocketResponse) -> None:
        hello = {
            "type": "hello",
            "connection_info": {"app_id": self._app_id},
            "num_connections": len(self.open),
            "debug_info": {"host": "imitation", "approximate_connection_time": 18060},
        }
        await socket.send(hello)
        self._delivery.connected(socket)
        async for message in response:
            if message.type is not WSMsgType.TEXT:
                continue
            try:
                said = json.loads(message.data)
            except ValueError:
                continue
            if isinstance(said, dict) and isinstance(said.get("envelope_id"), str):
                self._delivery.acknowledge(said["envelope_id"])
