"""`gainful deploy`: plan, start, watch and take back deployments of services."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from gainful.cli import exits
from gainful.cli.context import Context, json_option
from gainful.cli.deploying.deploy_keys import keys
from gainful.cli.screen import emit, note, plural, safe, say, seconds

if TYPE_CHECKING:
    from gainful.app import Gainful
    from gainful.core.deploy_event import Deployment
    from gainful.jobs.deploy.order import Order
    from gainful.jobs.deploy.planning import Plan
    from gainful.runs.parked import ParkedRun

PATIENCE = timedelta(minutes=15)
"""How long a command waits for a deployment that another process carries out."""

INTENTS = ("change", "restart", "secrets", "rebuild", "repair")


@click.group(short_help="Plan, start, watch and take back deployments.")
@json_option
def deploy() -> None:
    """Deployments of the services in the settings: planned, judged, watched, and rolled back when they hurt."""


def _what(command: click.decorators.FC) -> click.decorators.FC:
    """The arguments that say what is deployed."""
    command = click.option(
        "--reason", default="", metavar="TEXT", help="Why; needed for a restart and with --force, and booked."
    )(command)
    command = click.option(
        "--intent", type=click.Choice(INTENTS), default="change", help="Why, where it is not the change alone."
    )(command)
    command = click.argument("revision", required=False, default="")(command)
    return click.argument("service")(command)


@deploy.command(short_help="Show what a deployment would do, and whether it is worth it.")
@_what
@json_option
@click.pass_obj
def plan(context: Context, service: str, revision: str, intent: str, reason: str) -> int:
    """Show what deploying REVISION to SERVICE would change, compared with what is live. Changes nothing.

    Without REVISION it is the one that the settings name. Exit status 3 where the plan would be refused.
    """
    if context.remote:
        from gainful.app.remote import Wanted

        with context.far() as desk:
            planned = desk.deployments.plan(Wanted(service, revision, intent, reason))
    else:
        with context.open() as app:
            planned = app.deployments.plan(_order(app, service, revision, intent, reason))
    _show(context, service, planned)
    return exits.REFUSED if planned.verdict.action == "refuse" else exits.OK


@deploy.command(short_help="Deploy, and watch it.")
@_what
@click.option("--yes", "-y", is_flag=True, help="Go on although the plan is flagged, without being asked.")
@click.option("--force", is_flag=True, help="Against a refused plan or a freeze; needs --reason.")
@click.option("--steal", is_flag=True, help="Take the lock from the deployment that holds it.")
@click.option("--detach", is_flag=True, help="Leave it to `gainful serve`, and return at once.")
@json_option
@click.pass_obj
def start(
    context: Context, service: str, revision: str, intent: str, reason: str, yes: bool, force: bool, steal: bool,
    detach: bool,
) -> int:  # fmt: skip
    """Deploy REVISION to SERVICE: stage it, give it a part of the traffic, watch it, and promote it or go back.

    Ctrl-C leaves it as it is; `gainful serve`, or `gainful deploy rollback SERVICE`, goes on with it.
    """
    with context.open() as app:
        order = _order(app, service, revision, intent, reason)
        planned = app.deployments.plan(order)
        if not context.as_json:
            _show(context, service, planned)
        confirmed = yes or _confirmed(context, planned, force=force)
        order = replace(order, plan=planned.hash, confirmed=confirmed, force=force, steal=steal)
        if detach:
            return _detached(context, app.deployments.start(order))
        return _watched(context, app, order)


def _confirmed(context: Context, planned: Plan, *, force: bool) -> bool:
    """Whether the person, having read why, wants a flagged plan all the same; asked where they sit there."""
    if planned.verdict.action != "flag" or force or context.as_json or not sys.stdin.isatty():
        return False
    return click.confirm("Deploy it all the same?", err=True)


def _order(app: Gainful, service: str, revision: str, intent: str, reason: str) -> Order:
    from gainful.core.deployment import Intent

    return app.deployments.order(service, revision, Intent(intent), reason)


def _show(context: Context, service: str, planned: Plan) -> None:
    if context.as_json:
        emit({"service": service, "plan_hash": planned.hash, **planned.as_json()})
        return
    from gainful.cli.deploying.deploy_timeline import width
    from gainful.cli.deploying.deploy_view import plan_lines

    for line in plan_lines(service, planned, width()):
        say(line)


def _detached(context: Context, deployment: Deployment) -> int:
    if context.as_json:
        emit({"deployment": deployment.id, "state": str(deployment.state)})
    else:
        say(f"deployment {deployment.id}: `gainful serve` carries it out.")
        say(f"See: gainful deploy status {deployment.service}")
    return exits.OK


def _watched(context: Context, app: Gainful, order: Order) -> int:
    from gainful.app.deploying.deploy_runs import Listener
    from gainful.cli.deploying.deploy_timeline import Timeline

    timeline = Timeline()
    if not context.as_json:
        say("")
    listener = None if context.as_json else Listener(timeline.event, timeline.look)
    try:
        deployment, waits = app.deployments.run(order, listener)
    finally:
        timeline.close()
    return _ended(context, deployment, waits)


def _ended(context: Context, deployment: Deployment, waits: ParkedRun | None = None, *, quiet: bool = False) -> int:
    """Say how it ended; the exit status.

    Args:
        quiet: Nothing was told of it meanwhile.
    """
    from gainful.app.as_json import deployment_json

    state = str(deployment.state)
    if context.as_json:
        emit(deployment_json(deployment) | ({"approval": waits.approval_id} if waits is not None else {}))
        return _status_of(state)
    if not quiet:
        say("")
    if waits is not None:
        say(f"deployment {deployment.id} waits: gainful approvals show {waits.approval_id}")
        return exits.OK
    took = ""
    if deployment.ended_at is not None:
        took = f" after {seconds((deployment.ended_at - deployment.asked_at).total_seconds())}"
    back = state == "promoted" and deployment.intent == "rollback"
    say(f"deployment {deployment.id}: {click.style('went back' if back else state, bold=True)}{took}")
    if state == "refused" and deployment.plan and not deployment.forced:
        say("To deploy it all the same: the same command with --force --reason TEXT")
    if state == "promoted" and not back:
        say(f"Take it back: gainful deploy rollback {deployment.service}")
    if deployment.why and quiet:
        say(safe(deployment.why, 600))
    return _status_of(state)


def _status_of(state: str) -> int:
    if state in ("refused", "declined"):
        return exits.REFUSED
    return exits.FINDINGS if state in ("rolled-back", "failed") else exits.OK


@deploy.command(short_help="Show what runs, and how its deployment goes.")
@click.argument("service", required=False, default="")
@json_option
@click.pass_obj
def status(context: Context, service: str) -> None:
    """Show how SERVICE stands, or each of them: the newest deployment, what happened in it, who holds the lock."""
    from gainful.app.as_json import status_json
    from gainful.cli.deploying.deploy_timeline import width
    from gainful.cli.deploying.deploy_view import status_lines

    with context.reach() as app:
        found = app.deployments.status(service)
    for one in found:
        if context.as_json:
            emit(status_json(one))
            continue
        for line in status_lines(one, width(), whole=bool(service)):
            say(line)
    if not found and not context.as_json:
        note("No service is set up. docs/how-to/deploy.md shows how.")


@deploy.command(short_help="Promote what is being watched, at your word.")
@click.argument("service")
@json_option
@click.pass_obj
def promote(context: Context, service: str) -> int:
    """Make the candidate of SERVICE live now, whatever its watch still waits for. It is booked as your word."""
    with context.open() as app:
        deployment = app.deployments.promote(service, PATIENCE)
        return _ended(context, deployment, quiet=True)


@deploy.command(short_help="Go back to the release before.")
@click.argument("service")
@click.option("--to", default="", metavar="ID", help="The release to go back to; the one before by default.")
@click.option("--reason", default="", metavar="TEXT", help="Why.")
@json_option
@click.pass_obj
def rollback(context: Context, service: str, to: str, reason: str) -> int:
    """Give all the traffic of SERVICE back to the release before, or end the deployment that is under way.

    Nobody is asked, and no freeze or stop holds it up.
    """
    with context.reach() as app:
        deployment = app.deployments.rollback(service, reason, PATIENCE, to)
        status = _ended(context, deployment, quiet=True)
    # What was wanted is that it went back.
    return exits.OK if str(deployment.state) == "rolled-back" else status


@deploy.command(short_help="Show the last deployments.")
@click.argument("service")
@click.option("-n", "--limit", type=click.IntRange(1, 1000), default=20, help="How many.")
@json_option
@click.pass_obj
def history(context: Context, service: str, limit: int) -> None:
    """Show the last deployments of SERVICE, newest first, and how each ended."""
    from gainful.app.as_json import deployment_json
    from gainful.cli.deploying.deploy_timeline import width
    from gainful.cli.deploying.deploy_view import history_lines

    with context.reach() as app:
        found = app.deployments.history(service, limit)
    if context.as_json:
        for deployment in found:
            emit(deployment_json(deployment))
        return
    for line in history_lines(found, width()):
        say(line)
    say(plural(len(found), "deployment") + "." if found else f"'{safe(service)}' was never deployed.")


@deploy.command(short_help="Open the lock that a deployment left.")
@click.argument("service")
@click.option("--reason", required=True, metavar="TEXT", help="Why; it is written into the deployment's record.")
@json_option
@click.pass_obj
def unlock(context: Context, service: str, reason: str) -> None:
    """Take the lock of SERVICE from whoever holds it. That deployment goes no further, and what runs stays as it is."""
    with context.open() as app:
        held = app.deployments.unlock(service, reason)
    if context.as_json:
        emit({"service": service, "deployment": held.deployment, "holder": held.holder, "since": held.since})
    else:
        say(f"Took the lock from deployment {held.deployment} of {safe(held.holder)}.")
        say("Look at what runs before you go on.")


@deploy.command(short_help="Show how a build server starts deployments.")
@click.argument("service")
@json_option
@click.pass_obj
def hook(context: Context, service: str) -> None:
    """Show the address at which a build server starts deployments of SERVICE, and how it signs what it sends.

    What it starts is planned, and a person is asked before it begins.
    """
    from gainful.app.deploying.hooks import secret_name

    with context.open() as app:
        name = secret_name(app.deployments.services.named(service).name)
        stored = app.secrets.get(name) is not None
        settings = app.config.server
        usual = app.deployments.services.named(service).revision
    path = f"/hooks/deploy/{service}"
    address = f"http://{settings.host}:{settings.port}{path}" if settings.port is not None else ""
    if context.as_json:
        emit({"service": service, "address": address, "path": path, "secret": name, "stored": stored})
        return
    say(f"POST {address or path}")
    say("")
    if not address:
        say("The web server is off: name a port under [server] in gainful.toml.")
    if not stored:
        say(f"Its secret is not stored yet: gainful secrets set {name}")
    for line in _SIGNING.format(address=address or f"https://HOST{path}", revision=usual).splitlines():
        say(line)


_SIGNING = """\
The body is JSON: {{"revision": "{revision}", "author": "ada"}}; both may be left out.

  stamp=$(date +%s) body='{{"revision": "{revision}"}}'
  sign=$(printf '%s.%s.%s' "$stamp" "" "$body" | openssl dgst -sha256 -hmac "$SECRET" -r | cut -d' ' -f1)
  curl -H "Content-Type: application/json" -H "X-Gainful-Timestamp: $stamp" \\
       -H "X-Gainful-Signature: v1=$sign" -d "$body" {address}

At GitHub: a webhook for pushes, content type application/json, with the same secret; pushes to '{revision}' count."""


deploy.add_command(keys)
