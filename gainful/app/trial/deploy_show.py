"""What `gainful demo deploy` shows: four releases of a shop while people buy, each deployed for real.

with DeployWorld(folder, RATE, WATCH) as world:
    show = DeployShow(world)
    show.open_shop()
    for scene in SCENES:
        shown = show.play(scene, listener)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gainful.app.deploying.deploy_runs import Listener
from gainful.app.trial.deploy_world import SERVICE, DeployWorld
from gainful.app.trial.shop_repository import PACE
from gainful.core.deploy_event import Deployment, State
from gainful.core.errors import Broken
from gainful.ledger.report import Spending
from gainful.sdk.testing.traffic import Counts

RATE = 500.0
"""Requests a second: with fewer, it would take longer to know that a release is good."""

WATCH = {"share": 30, "margin": 0.02, "shortest": 8, "longest": 60, "baseline": 5, "not_enough": "rollback"}
"""A demo has no time for the half point that is watched for by default, and would take two minutes for each release."""

FIRST = ("first", "Open the shop")


@dataclass(frozen=True, slots=True)
class Scene:
    """One release.

    Args:
        name: Its tag.
        title: What it is, for people.
        said: Its commit's message.
        wanted: How its deployment is to end.
    """

    name: str
    title: str
    said: str
    wanted: State


SCENES = (
    Scene("good", "A good release", "Greet whoever comes back", State.PROMOTED),
    Scene("docs", "A pointless one", "Describe the greeting", State.REFUSED),
    Scene("bad", "A bad one: 5 % of its answers fail", "Look prices up in the new table", State.ROLLED_BACK),
    Scene("slow", "A slow one: answers take 30 % longer", "Recommend other things", State.ROLLED_BACK),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """How a scene went.

    Args:
        requests: Of all people while it was deployed.
        spent: By this deployment, from the books.
    """

    scene: Scene
    deployment: Deployment
    requests: Counts
    spent: Spending

    @property
    def seconds(self) -> float:
        """From the wish to its end."""
        return _between(self.deployment.asked_at, self.deployment.ended_at)

    @property
    def with_traffic(self) -> float | None:
        """Seconds for which it had traffic before it ended; None where it never had any."""
        shifted = self.deployment.shifted_at
        return _between(shifted, self.deployment.ended_at) if shifted is not None else None

    @property
    def as_wanted(self) -> bool:
        """Whether it ended as such a release should."""
        return self.deployment.state is self.scene.wanted


class DeployShow:
    """Plays scenes in a world."""

    def __init__(self, world: DeployWorld) -> None:
        self._world = world

    def open_shop(self) -> Deployment:
        """Make every release, deploy the first one, and let the people in.

        Raises:
            Broken: It cannot be deployed.
        """
        shop = self._world.shop
        shop.release(*FIRST)
        shop.release("good", SCENES[0].said, greeting="Welcome back")
        shop.document("docs", SCENES[1].said)
        shop.release("bad", SCENES[2].said, error_share=0.05)
        shop.release("slow", SCENES[3].said, seconds=1.3 * PACE["seconds"])
        first, _ = self._deploy(FIRST[0], None)
        if first.state is not State.PROMOTED:
            raise Broken(f"The shop does not open: {first.why}", "Please report this.")
        self._world.people.start()
        return first

    def play(self, scene: Scene, listener: Listener | None = None) -> Shown:
        """Deploy one release while people buy."""
        before = self._world.people.so_far()
        deployment, spent = self._deploy(scene.name, listener)
        return Shown(scene, deployment, self._world.people.settled() - before, spent)

    def _deploy(self, revision: str, listener: Listener | None) -> tuple[Deployment, Spending]:
        with self._world.open() as app:
            deployment, _ = app.deployments.run(app.deployments.order(SERVICE, revision), listener)
            return deployment, app.ledger.spending(run=deployment.id)


def _between(begin: datetime, end: datetime | None) -> float:
    return (end - begin).total_seconds() if end is not None else 0.0
