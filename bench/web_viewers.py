"""Those who watch the console in `bench.web`: python -m bench.web_viewers ADDRESS COOKIE VIEWERS QUESTIONS

Prints `ready` once all of them watch, and at the end one JSON list of which question was seen when, by the machine's
monotonic clock.
"""

from __future__ import annotations

import http.client
import json
import re
import sys
import threading
import time
from contextlib import closing

HOST = "console.test"


def main(address: str, cookie: str, viewers: int, questions: int) -> None:
    """Watch until everybody has seen so many questions."""
    host, headers = address.removeprefix("http://"), {"host": HOST, "cookie": cookie}
    seen: list[tuple[str, float]] = []
    lock = threading.Lock()
    ready = threading.Barrier(viewers + 1)

    def view() -> None:
        stream, link = http.client.HTTPConnection(host, timeout=60), http.client.HTTPConnection(host, timeout=60)
        with closing(stream), closing(link):
            stream.request("GET", "/live", headers=headers)
            lines = stream.getresponse()
            mine: set[str] = set()
            ready.wait()
            while len(mine) < questions:
                line = lines.readline()
                if not line.startswith(b"data:") or b"approvals" not in line:
                    continue
                link.request("GET", "/approvals", headers=headers)
                body = link.getresponse().read().decode()
                now = time.monotonic()
                new = set(re.findall(r'id="a-(q\d{4}bcdefg)"', body)) - mine
                mine |= new
                with lock:
                    seen.extend((name, now) for name in new)

    threads = [threading.Thread(target=view) for _ in range(viewers)]
    for thread in threads:
        thread.start()
    ready.wait()
    print("ready", flush=True)
    for thread in threads:
        thread.join(120)
    print(json.dumps(seen), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
