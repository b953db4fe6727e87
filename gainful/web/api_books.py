"""The books in the API: worth, boards, waste, cost, budgets and the ledger."""

# Without `annotations` from `__future__`: FastAPI reads them, and some name what is made within a function.

import json
from collections import deque
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, Query

from gainful.app import Gainful
from gainful.app.as_json import board_json, budget_json, spending_json, telling_json
from gainful.app.console import Access, Right, SignedIn
from gainful.ledger.chain import Recorded
from gainful.ledger.export import jsonl_lines
from gainful.ledger.report import by_day
from gainful.web.api_rights import MOST, Day, Name, needs
from gainful.worth.json import finding_json

LAST_SECOND = 4_102_444_800
"""The end of this century."""


def books_api(made: FastAPI, app: Gainful, access: Access) -> None:
    """Their routes."""
    _worth(made, app, access)
    _spending(made, app, access)


def _worth(made: FastAPI, app: Gainful, access: Access) -> None:
    looks, manages = needs(access, Right.LOOK), needs(access, Right.MANAGE)

    @made.get("/v1/worth", summary="What work was worth", tags=["books"])
    def worth(who: Annotated[SignedIn, Depends(looks)]) -> dict[str, Any]:
        """For the owner, by a token that may manage, as it was told last. For everybody else months as they were
        published, without baselines, second looks and what the hold-out cost: those are null."""
        books = app.worth.as_told()
        return telling_json(books.tell_for(who.viewer), books.engagement_together(who.viewer), books.settings)

    @made.get("/v1/boards/{unit}", summary="Units by what their work was surely worth", tags=["books"])
    def board(
        who: Annotated[SignedIn, Depends(looks)], unit: Literal["team", "agent", "person"]
    ) -> list[dict[str, Any]]:
        rows = app.worth.as_told().board(unit, who.viewer, MOST)
        # Whoever stands there has asked to, or is the one who asks.
        return board_json(rows, app.directory.names(row.unit for row in rows) if unit == "person" else {})

    @made.get("/v1/findings", summary="Waste, the dearest first", tags=["books"])
    def findings(who: Annotated[SignedIn, Depends(looks)]) -> list[dict[str, Any]]:
        """For the owner all; for everybody else what is about agents of their own."""
        return [dict(finding_json(one)) for one in app.worth.as_told().findings_for(who.viewer, MOST)]

    @made.post("/v1/findings/{finding}/fix", summary="Do what mends it, or be told what to do", tags=["books"])
    def fix(who: Annotated[SignedIn, Depends(manages)], finding: Name) -> dict[str, Any]:
        found = app.worth.as_told().finding(finding)
        mended = app.mending_as(who.person).apply(found.fix, f"finding {found.id}")
        told = {"finding": found.id, "remedy": str(found.fix.remedy)}
        return {**told, "done": mended.done, "said": mended.said, "undo": mended.undo}


def _spending(made: FastAPI, app: Gainful, access: Access) -> None:
    manages = needs(access, Right.MANAGE)

    @made.get("/v1/cost/{by}", summary="What each model, team, tool or agent cost", tags=["books"])
    def cost(
        who: Annotated[SignedIn, Depends(manages)],
        by: Literal["model", "team", "tool", "agent"],
        since: Annotated[Day | None, Query(description="The first day.")] = None,
        until: Annotated[
            Day | None, Query(description="The first day left out; by `since` or before, there is none to tell of.")
        ] = None,
    ) -> list[dict[str, Any]]:
        del who
        end = until or app.clock().date() + timedelta(days=1)
        begin = since or end - min(timedelta(days=90), end - date.min)
        return [
            {"name": one.name, "cost_usd": str(one.cost.amount), "unpriced_calls": one.unpriced}
            for one in app.usage.spent(by, begin, end, MOST)
        ]

    @made.get("/v1/budgets", summary="Every budget, and how it stands", tags=["books"])
    def budgets(who: Annotated[SignedIn, Depends(manages)]) -> list[dict[str, Any]]:
        del who
        model = app.models.budget()
        return [budget_json(one) for one in app.budgets.listed("", (model,) if model is not None else ())]

    @made.get("/v1/ledger", summary="Spending by day, and the last entries", tags=["books"])
    def ledger(
        who: Annotated[SignedIn, Depends(manages)],
        run: Annotated[str, Query(max_length=200)] = "",
        since: Annotated[int, Query(ge=0, le=LAST_SECOND, description="Seconds since 1970, UTC.")] = 0,
        limit: Annotated[int, Query(ge=1, le=MOST)] = 20,
    ) -> dict[str, Any]:
        del who
        begin = datetime.fromtimestamp(since, UTC) if since else None
        last, count = deque[Recorded](maxlen=limit), 0

        def seen() -> Any:
            nonlocal count
            for entry in app.ledger.rows(since=begin, run=run):
                last.append(entry)
                count += 1
                yield entry

        days = [{"day": day, **spending_json(spent)} for day, spent in by_day(seen()).items()]
        return {"days": days, "count": count, "entries": [json.loads(line) for line in jsonl_lines(last)]}
