"""Summaries add up what was spent, and only that."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from gainful.core.chain import GENESIS
from gainful.core.money import Money, Tokens
from gainful.ledger.attention import attention
from gainful.ledger.budget import Budget, grant
from gainful.ledger.chain import Recorded, digest, record
from gainful.ledger.entry import Entry
from gainful.ledger.export import csv_lines, jsonl_lines
from gainful.ledger.report import Spending, by_day, by_run, by_work_item, statement, total
from gainful.ledger.reservation import Reservation, hold, settle

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
BUDGET = Budget("triage", Money("0.50"))
OTHER = Budget("everyone", period="month")


def page() -> list[Recorded]:
    entries: list[Entry | None] = [grant(BUDGET, BUDGET.account(NOON), {}, NOON, 1)]
    for number in (1, 2):
        at = NOON + timedelta(days=number - 1)
        held = Reservation(
            f"ask{number}", (BUDGET.account(at), OTHER.account(at)), Money("0.1"), "openai:small", f"run{number}", at
        )
        tokens = Tokens(fresh=100, cache_read=40, output=10)
        entries += [hold(held), settle(held, Money("0.02"), tokens, at, {"mail1": 3, f"mail{number + 1}": 1})]
    entries.append(attention("t1", timedelta(seconds=2.5), "correct", NOON, work_item="mail1"))
    rows: list[Recorded] = []
    for entry in filter(None, entries):
        rows.append(record(len(rows) + 1, entry, rows[-1].digest if rows else GENESIS))
    return rows


def test_total_adds_money_tokens_calls_and_time() -> None:
    assert total(page()) == Spending(
        Money("0.04"), Tokens(fresh=200, cache_read=80, output=20), calls=2, human_seconds=Decimal("2.5")
    )
    assert total([]) == Spending()


def test_a_call_in_several_budgets_is_counted_once_and_a_tool_is_no_model() -> None:
    budgets = tuple(f"budget:b{number}:2026-11" for number in range(5))
    held = Reservation("t1", budgets, Money("0.1"), "tool:maps.route", "run1", NOON)
    entries = [hold(held), settle(held, Money("0.02"), Tokens(), NOON, {"mail1": 1})]
    rows = [record(number, entry, GENESIS) for number, entry in enumerate(entries, 1)]
    assert total(rows) == Spending(Money("0.02"), tool_calls=1)
    bill = list(csv.DictReader(csv_lines(rows)))
    assert sum(Decimal(row["BilledCost"]) for row in bill) == Decimal("0.02")
    assert {row["gen_ai.request.model"] for row in bill} == {""}
    settled = json.loads(list(jsonl_lines(rows))[1])
    assert settled["BilledCost"] == "0.02"
    assert "gen_ai.request.model" not in settled


def test_groups_sum_to_the_total() -> None:
    rows = page()
    for grouping in (by_day, by_run, by_work_item):
        assert sum(grouping(rows).values(), Spending()) == total(rows)
    assert {day: str(part.cost) for day, part in by_day(rows).items()} == {
        "2026-11-22": "0.02 USD",
        "2026-11-23": "0.02 USD",
    }
    assert {item: part.cost.amount for item, part in by_work_item(rows).items() if item} == {
        "mail1": Decimal("0.03"),
        "mail2": Decimal("0.005"),
        "mail3": Decimal("0.005"),
    }


def test_a_statement_has_a_line_for_each_posting() -> None:
    rows = page()
    lines = list(statement(rows))
    assert len(lines) == sum(len(row.postings) for row in rows)
    assert lines[-2].account == "time:correct"
    assert (lines[-2].amount, lines[-2].unit, lines[-2].work_item) == ("2.5", "second.human", "mail1")


def test_csv_billed_cost_adds_up_and_tokens_are_named() -> None:
    rows = list(csv.DictReader(csv_lines(page())))
    assert sum(Decimal(row["BilledCost"]) for row in rows) == Decimal("0.04")
    fresh = [row for row in rows if row["ConsumedUnit"] == "token.fresh"]
    assert sum(int(row["ConsumedQuantity"]) for row in fresh) == 200
    assert {(row["gen_ai.provider.name"], row["gen_ai.request.model"]) for row in fresh} == {("openai", "small")}


def test_jsonl_has_usage_and_enough_to_check_the_chain() -> None:
    rows = page()
    objects = [json.loads(line) for line in jsonl_lines(rows)]
    assert [item["digest"] for item in objects] == [digest(row) for row in rows]
    settled = next(item for item in objects if item["kind"] == "settle")
    assert settled["gen_ai.usage.input_tokens"] == 140
    assert settled["gen_ai.usage.cache_read.input_tokens"] == 40
    assert settled["gen_ai.usage.output_tokens"] == 10
    assert (settled["BilledCost"], settled["BillingCurrency"]) == ("0.02", "USD")
