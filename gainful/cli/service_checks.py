"""What `gainful doctor` looks at in services."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gainful.cli.found import Check, State

if TYPE_CHECKING:
    from gainful.app import Gainful


def service(app: Gainful, name: str) -> Check:
    """Whether a service can be deployed: what it ships, its target, its numbers, and who can answer."""
    from gainful.app.deploying.planner import settings_of, shipping_of

    services = app.deployments.services
    setting = services.named(name)
    shipping_of(setting)
    settings_of(setting)
    target = services.target(setting)
    try:
        state = target.state()
    finally:
        target.close()
    source = services.source(setting)
    if source is not None:
        try:
            source.read([one.slot for one in (state.live, state.candidate) if one is not None])
        finally:
            source.close()
    check = f"service {name}"
    live = state.live.release.commit[:9] or state.live.release.id if state.live is not None else "nothing yet"
    if state.live is not None and state.live.drift:
        what = f"{live} is live, and not as it was deployed: {', '.join(state.live.drift[:3])}"
        return Check(check, State.WARN, what, f"Put it right: gainful deploy start {name} --intent repair")
    if setting.approval == "four-eyes" and not app.guards.team:
        what = "It wants somebody else's word than its author's, and there is nobody else."
        return Check(check, State.WARN, what, "Name people under [team] in gainful.toml.")
    if source is None:
        what = f"{live} is live; nothing is measured, so only its health is looked at"
        return Check(check, State.WARN, what, "Set `metrics`: docs/how-to/deploy.md.")
    return Check(check, State.OK, f"{live} is live; its numbers come from {setting.metrics['kind']}")
