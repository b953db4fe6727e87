"""Plans of deployments: what would change, and whether anything would. Pure reads, and a verdict with its proof."""

from gainful.jobs.deploy.planning.declaration import Shipping, ShippingInvalid
from gainful.jobs.deploy.planning.plan import Plan, plan, plan_from_json, shipped_digest
from gainful.jobs.deploy.planning.settings import Settings, ShownFile, config_digest, shown_of
from gainful.jobs.deploy.planning.verdict import Ended, Past, ReasonMissing, Verdict

__all__ = [
    "Ended",
    "Past",
    "Plan",
    "ReasonMissing",
    "Settings",
    "Shipping",
    "ShippingInvalid",
    "ShownFile",
    "Verdict",
    "config_digest",
    "plan",
    "plan_from_json",
    "shipped_digest",
    "shown_of",
]
