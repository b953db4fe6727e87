"""Every page of the console, and what each needs."""

from __future__ import annotations

from gainful.web.console.asking import Page
from gainful.web.console.pages import (
    agents,
    approvals,
    audits,
    books,
    deployments,
    policies,
    reported,
    runs,
    settings,
    spending,
    today,
    trials,
)

PAGES: tuple[Page, ...] = (
    *today.PAGES,
    *approvals.PAGES,
    *agents.PAGES,
    *trials.PAGES,
    *runs.PAGES,
    *deployments.PAGES,
    *books.PAGES,
    *reported.PAGES,
    *spending.PAGES,
    *audits.PAGES,
    *settings.PAGES,
    *policies.PAGES,
)
