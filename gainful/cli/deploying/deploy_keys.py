"""`gainful deploy keys`: DORA's four keys, over effective deployments alone, with what they were counted from."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from gainful.cli.context import Context, json_option
from gainful.cli.screen import emit, plural, safe, say, seconds
from gainful.cli.when import Since

if TYPE_CHECKING:
    from gainful.app import Gainful
    from gainful.worth.delivery import Keys

MONTH = timedelta(days=30)
DAY = timedelta(days=1)
USUAL = timedelta(hours=24)
"""For how long the releases of a service that is in no settings any more had to stay live."""

MEANINGS = {
    "effective": "real, live, and not taken back",
    "failed": "taken back after it had traffic",
    "pointless": "changed nothing that ships; forced or confirmed",
    "upkeep": "a restart, secrets, a rebuild, a repair",
    "repeated": "the same release once more",
    "rollback": "went back to an earlier release",
    "refused": "refused or declined; nothing was done",
    "aborted": "never had traffic",
    "open": "under way",
}


@click.command(short_help="Show how often, how fast and how well.")
@click.argument("service", required=False, default="")
@click.option("--since", type=Since(), help="From when on: 2026-11-20, 36h, 7d.  [30d]")
@json_option
@click.pass_obj
def keys(context: Context, service: str, since: datetime | None) -> None:
    """Show how often, how fast and how well SERVICE was delivered; without one, all services together.

    Only effective deployments count: real, live, and not taken back. Deploying for nothing improves no figure.
    """
    with context.open() as app:
        until = app.clock()
        found = _keys(app, service, since or until - MONTH, until)
    if context.as_json:
        _emit(found, service)
    else:
        _show(found, service)


def _keys(app: Gainful, service: str, since: datetime, until: datetime) -> Keys:
    from gainful.app.deploying.delivery import keys_of
    from gainful.core.errors import Invalid

    survives = {one.name: one.survival for one in app.config.services}
    if service and service not in survives and not app.deployments_kept.of_service(service, 1):
        app.deployments.services.named(service)
    if since >= until:
        raise Invalid("The time begins in the future.", "Write --since 30d.")
    return keys_of(app.deployments_kept, lambda name: survives.get(name, USUAL), service, since, until)


def _emit(found: Keys, service: str) -> None:
    emit(
        {
            "service": service,
            "since": found.since,
            "until": found.until,
            "deployments_per_week": round(found.frequency, 3),
            "lead_time_seconds": _seconds(found.lead_time),
            "failure_rate": None if found.failure_rate is None else round(found.failure_rate, 4),
            "restore_time_seconds": _seconds(found.restore_time),
            "counts": {str(standing): number for standing, number in found.counts.items()},
        }
    )


def _show(found: Keys, service: str) -> None:
    days = (found.until - found.since) / DAY
    say(f"{safe(service) or 'All services'}, the last {plural(round(days), 'day')}\n")
    rate = "unknown" if found.failure_rate is None else f"{found.failure_rate:.0%}"
    for name, value in (
        ("effective deployments", f"{found.frequency:.1f} a week"),
        ("lead time", _span(found.lead_time)),
        ("change failure rate", rate),
        ("time to restore", _span(found.restore_time)),
    ):
        say(f"  {name:<22} {value}")
    counted = [(str(standing), number) for standing, number in found.counts.items() if number]
    say("\nCounted from:" if counted else "\nNothing was deployed in this time.")
    for standing, number in counted:
        say(f"  {number:>5,}  {standing:<10} {MEANINGS[standing]}")


def _span(span: timedelta | None) -> str:
    if span is None:
        return "unknown"
    if span >= 2 * DAY:
        return f"{span / DAY:.1f} days"
    return seconds(span.total_seconds())


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else round(span.total_seconds(), 3)
