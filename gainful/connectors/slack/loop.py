"""An event loop in a thread of its own: Slack's library is asynchronous, and whoever calls us is not."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from typing import Any, TypeVar

from gainful.core.errors import Broken
from gainful.sdk.chat import ChatUnreachable

Found = TypeVar("Found")


class LoopThread:
    """Runs coroutines for other threads. It ends with the process, or when closed."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def start(self, work: Coroutine[Any, Any, Found]) -> Future[Found]:
        """What the work will bring; it runs in the loop."""
        if not self._thread.is_alive():
            work.close()
            raise Broken("A chat connection was used after it had been closed.", "Please report this.")
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def call(self, work: Coroutine[Any, Any, Found]) -> Found:
        """What the work brings. Waits for it, and ends it when the wait is broken off."""
        if threading.current_thread() is self._thread:
            work.close()
            raise Broken("A chat connection was waited for in its own thread.", "Please report this.")
        promise = self.start(work)
        try:
            return promise.result()
        except CancelledError:
            raise ChatUnreachable(
                "The connection to Slack was closed meanwhile.", "Open it again.", sent=True
            ) from None
        except BaseException:
            promise.cancel()
            raise

    def soon(self, do: Callable[[], object]) -> None:
        """Have this done there, unless it has been closed meanwhile."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(do)

    def close(self) -> None:
        """End whatever still runs, and the thread."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(timeout=10.0)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            left = asyncio.all_tasks(self._loop)
            for task in left:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()
