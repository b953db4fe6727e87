"""What `gainful doctor` looks at in services, and in what is sent to others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gainful.cli.installing.found import Check, State
from gainful.cli.screen import plural

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


def traces(app: Gainful) -> Check:
    """Whether a collector takes what runs did."""
    store, endpoint = app.tracing.store, app.config.traces.endpoint
    progress = store.progress()
    if progress is None:
        return Check("traces", State.OK, f"nothing is sent to {endpoint} before `gainful serve` runs")
    waiting = store.waiting(progress)
    if progress.failing:
        what = f"{plural(waiting, 'run')} {'waits' if waiting == 1 else 'wait'}, {progress.dropped:,} left out. "
        return Check("traces", State.WARN, what + progress.failing, "docs/how-to/traces.md says what to do.")
    what = f"{plural(progress.sent, 'run')} sent to {endpoint}, {waiting:,} waiting"
    if progress.dropped or progress.rejected:
        lost = f"{plural(progress.dropped, 'run')} left out, {plural(progress.rejected, 'span')} not taken"
        return Check("traces", State.WARN, f"{what}; {lost}", "docs/how-to/traces.md tells why that can be.")
    return Check("traces", State.OK, what)
