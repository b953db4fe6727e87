"""A release that fails under traffic goes back by its numbers, and a model is shown what it has logged by then."""

from __future__ import annotations

from pathlib import Path

from gainful.app.deploying.deploy_runs import Listener
from gainful.app.trial.deploy_world import SERVICE, DeployWorld
from gainful.core.deploy_event import Deployment, Event, State
from gainful.sdk.secret import Secret
from gainful.sdk.testing.model_server import ModelServer, Reply

WATCH = {"share": 30, "margin": 0.02, "shortest": 5, "longest": 30, "baseline": 2, "not_enough": "rollback"}
MODEL = """
[model]
name = "openai:small"
base_url = "{url}"
input_price = 1
output_price = 2
"""


def deploy(world: DeployWorld, revision: str, seen: list[str]) -> Deployment:
    def on_event(event: Event) -> None:
        seen.append(event.key)

    with world.open() as app:
        return app.deployments.run(app.deployments.order(SERVICE, revision), Listener(on_event))[0]


def test_the_log_of_a_real_slot_is_what_the_model_is_shown(tmp_path: Path) -> None:
    seen: list[str] = []

    def answer(_request: object) -> Reply:
        # Real traffic, real weights: by now no more of it goes to the candidate.
        with world.open() as app:
            state = app.deployments.status(SERVICE)[0].state
            assert state is not None
            seen.append(f"asked at {state.share} %")
        return Reply("The price table has no gifts.")

    with ModelServer(answer) as server, DeployWorld(tmp_path, 300, WATCH, MODEL.format(url=server.url)) as world:
        world.shop.release("first", "Open the shop")
        world.shop.release("bad", "Sell gifts", error_share=0.2, complaint="KeyError: 'gift'")
        settings = world.home.config.read_text(encoding="utf-8")
        world.home.config.write_text(settings.replace("ships =", "explain = true\nships ="), encoding="utf-8")
        with world.open() as app:
            app.secrets.put("model-key", Secret("model-key", "sk-of-loopback"))
        assert deploy(world, "first", []).state is State.PROMOTED
        world.people.start()
        bad = deploy(world, "bad", seen)
        assert world.people.running
    assert (bad.state, "of its requests fail" in bad.why) == (State.ROLLED_BACK, True)
    assert seen[-3:] == ["ended", "asked at 0 %", "explained"]
    (request,) = server.requests
    assert "KeyError: 'gift' (×" in request.text("user")
    assert "Sell gifts" in request.text("user")
    assert request.prompt_tokens < 400
