"""What becomes of people's requests when releases are deployed, and when whoever deploys them is killed.

A real git repository, two uvicorn services behind HAProxy, Prometheus, and 400 requests a second at random moments, a
tenth of them over connections of their own. `gainful deploy start` runs as a process of its own, as a person starts it.

* *good*: how many requests failed, whyever.
* *bad*, 5 % of its answers fail: how long it had traffic, as the proxy's own weights tell, and how many of all requests
  failed between the wish to deploy it and its end.
* *slow*, +20 % at every quantile: whether it was rolled back.
* *killed*: see `bench.deploy_killed`.
* *day*: see `bench.deploy_day`.
* *false rollbacks*: see `bench.deploy_simulated`, whose figure stands here too.

A language model is set up, and is a recorder: it counts how often it was asked.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.deploy_day import DAY, watch_a_day
from bench.deploy_killed import KILLED_WATCH, kill_at_each_step
from bench.deploy_proxy import Weights, shared
from bench.report import options, publish
from gainful.app.trial.deploy_world import SERVICE, DeployWorld
from gainful.app.trial.shop_repository import PACE
from gainful.core.deploy_event import Deployment, State
from gainful.sdk.testing.model_server import ModelServer, Reply
from gainful.sdk.testing.traffic import Counts

RATE = 400.0
WATCH: Mapping[str, object] = {}
"""As shipped: a tenth of the traffic, half a point of errors, a tenth of latency, a window that the traffic says."""

QUICK_WATCH: Mapping[str, object] = {"share": 30, "baseline": 10, "margin": 0.02, "shortest": 10}
"""For good releases alone, where there is no time to be sure."""

MODEL = """
[model]
name = "openai:bench"
base_url = "{url}"
daily_budget = "100000"
input_price = "0.25"
output_price = "2"
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """One deployment as it was seen from outside.

    Args:
        process: Seconds that the command took.
        both: Seconds for which both releases took traffic.
        requests: Of all people, from the wish until its end.
    """

    deployment: Deployment
    process: float
    both: float
    requests: Counts

    @property
    def failed_share(self) -> float:
        """Of all requests."""
        return self.requests.hurt / self.requests.sent


def deploy(world: DeployWorld, revision: str) -> Seen:
    """Deploy it, in a process of its own."""
    begun = time.time()
    with Weights(world.proxy.socket, world.proxy.backend) as weights:
        subprocess.run(
            [sys.executable, "-m", "gainful", "deploy", "start", SERVICE, revision, "--yes", "--json"],
            env={**os.environ, "GAINFUL_HOME": str(world.home.path)}, stdout=subprocess.DEVNULL, check=False,
        )  # fmt: skip
    process = time.time() - begun
    # Whoever was under way when it ended is counted.
    time.sleep(0.5)
    people = world.people
    with world.open() as app:
        (deployment,) = app.deployments.history(SERVICE, 1)
    if deployment.revision != revision or deployment.ended_at is None:
        raise SystemExit(f"{revision} was not deployed: {deployment}")
    requests = people.until(deployment.ended_at.timestamp() + 0.5) - people.until(deployment.asked_at.timestamp())
    seen = Seen(deployment, process, shared(weights.seen), requests)
    print(
        f"{revision}: {deployment.state} after {process:.1f} s, both with traffic for {seen.both:.2f} s, "
        f"{requests.hurt} of {requests.sent} requests failed ({requests.broken} broken). {deployment.why}",
        flush=True,
    )
    return seen


def measure_releases(repeats: Mapping[str, int], good_watch: Mapping[str, object]) -> dict[str, float]:
    """The figures of releases that nobody kills."""
    with opened(good_watch) as (world, model):
        seen: dict[str, list[Seen]] = {}
        for kind, times in repeats.items():
            world.watch_as(good_watch if kind == "good" else WATCH)
            seen[kind] = [deploy(world, f"{kind}-{number}") for number in range(times)]
        whole = world.people.stop()
        asked = len(model.requests)
        with world.open() as app:
            tokens = app.ledger.spending().tokens.total
    good, bad, slow = seen["good"], seen["bad"], seen["slow"]
    for one in good:
        if one.deployment.state is not State.PROMOTED:
            print(f"A good release was not promoted: {one.deployment.why}")
    return {
        "good_failed_requests": max(one.requests.hurt for one in good),
        "good_promoted_share": _share(good, State.PROMOTED),
        "good_requests": sum(one.requests.sent for one in good),
        "bad_rolled_back": _share(bad, State.ROLLED_BACK),
        "bad_rollback_s": max(one.both for one in bad),
        "bad_whole_s": max(one.process for one in bad),
        "bad_failed_share": max(one.failed_share for one in bad),
        "bad_failed_requests": max(one.requests.hurt for one in bad),
        "slow_rolled_back": _share(slow, State.ROLLED_BACK),
        "slow_rollback_s": max(one.both for one in slow),
        "slow_failed_requests": max(one.requests.hurt for one in slow),
        "requests": whole.sent,
        "broken_requests": whole.broken,
        "model_calls": asked,
        "tokens": tokens,
    }


@contextmanager
def opened(watch: Mapping[str, object]) -> Iterator[tuple[DeployWorld, ModelServer]]:
    """A world with people, in which the first release is live, and a recorder in place of a language model."""
    with (
        tempfile.TemporaryDirectory(prefix="gfb") as place,
        ModelServer(lambda _: Reply("Nothing.")) as model,
        DeployWorld(Path(place), RATE, watch, MODEL.format(url=model.url)) as world,
    ):
        shop = world.shop
        shop.release("first", "Open the shop")
        for number in range(10):
            # Each differs from every other one: what was rolled back once would be refused.
            shop.release(f"good-{number}", "Greet", greeting=f"Welcome {number}")
            shop.release(f"bad-{number}", "Fail", error_share=0.05)
            shop.release(f"slow-{number}", "Linger", seconds=1.2 * PACE["seconds"])
        with world.open() as app:
            app.deployments.run(app.deployments.order(SERVICE, "first"))
        world.people.start()
        yield world, model


def _share(seen: list[Seen], state: State) -> float:
    return sum(one.deployment.state is state for one in seen) / len(seen)


def main() -> None:
    """Measure and publish."""
    parser = options("deploy", "What becomes of people's requests when releases are deployed?")
    parser.add_argument("--what", choices=("all", "releases", "killed", "simulated", "day"), default="all")
    parser.add_argument("--blows", type=int, help="kills at each step")
    given = parser.parse_args()
    figures: dict[str, float] = {}
    if given.what in ("all", "releases"):
        repeats = {"good": 1, "bad": 1, "slow": 1} if given.quick else {"good": 1, "bad": 5, "slow": 3}
        figures |= measure_releases(repeats, QUICK_WATCH if given.quick else WATCH)
    if given.what in ("all", "killed"):
        with opened(KILLED_WATCH) as (world, _):
            figures |= kill_at_each_step(world, given.blows or (2 if given.quick else 20))
    if given.what in ("all", "simulated"):
        figures |= _simulated(quick=given.quick)
    if given.what in ("all", "day"):
        figures |= watch_a_day(DAY // 24 if given.quick else DAY)
    conditions = {"rate": RATE, **WATCH}
    publish("deploy", conditions, figures, given.json)


def _simulated(*, quick: bool) -> dict[str, float]:
    """The figure of the simulation, which has a table of its own."""
    import json

    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "simulated.json"
        command = [sys.executable, "-m", "bench.deploy_simulated", "--json", str(file), *(["--quick"] if quick else [])]
        subprocess.run(command, check=True)
        return {"false_rollback_share": json.loads(file.read_text())["figures"]["false_rollback_share"]}


if __name__ == "__main__":
    main()
