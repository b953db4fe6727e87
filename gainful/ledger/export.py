"""The books as files that other tools read: FOCUS names for billing, OpenTelemetry GenAI names for usage.

CSV has one line a posting; adding up `BilledCost` gives the bill. JSON Lines has one line an entry, with its postings
and its digest, so that the chain can be checked from the file alone.

Source: https://focus.finops.org/focus-specification/ (columns of our own start with `x_`, as it asks), and
https://opentelemetry.io/docs/specs/semconv/gen-ai/ (there, `input_tokens` includes the cached ones).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

from gainful.ledger.chain import Recorded
from gainful.ledger.entry import USD, Posting, plain
from gainful.ledger.report import Spending, is_tool, spending_of

COLUMNS = (
    "ChargePeriodStart",
    "ChargeCategory",
    "ChargeDescription",
    "ProviderName",
    "BilledCost",
    "BillingCurrency",
    "ConsumedQuantity",
    "ConsumedUnit",
    "gen_ai.provider.name",
    "gen_ai.request.model",
    "x_Seq",
    "x_Key",
    "x_Kind",
    "x_Account",
    "x_Amount",
    "x_Unit",
    "x_RunId",
    "x_WorkItem",
    "x_Digest",
)


def csv_lines(entries: Iterable[Recorded]) -> Iterator[str]:
    """A header line, then one line a posting."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    yield _line(buffer, writer, COLUMNS)
    for entry in entries:
        for posting in entry.postings:
            yield _line(buffer, writer, _csv_row(entry, posting))


def jsonl_lines(entries: Iterable[Recorded]) -> Iterator[str]:
    """One JSON object a line, one line an entry."""
    for entry in entries:
        yield json.dumps(_json_row(entry), ensure_ascii=False, separators=(",", ":")) + "\n"


def _line(buffer: io.StringIO, writer: Any, row: Iterable[Any]) -> str:
    writer.writerow(row)
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text


def _csv_row(entry: Recorded, posting: Posting) -> tuple[str | int, ...]:
    root, _, what = posting.account.partition(":")
    named = what if root in ("cost", "used") else ""
    provider, _, model = named.partition(":")
    asked = (provider, model) if not is_tool(named) else ("", "")
    billed = plain(posting.amount) if root == "cost" else "0"
    consumed = root == "used"
    return (
        entry.at,
        "Usage",
        entry.memo,
        provider,
        billed,
        posting.unit if root == "cost" else USD,
        plain(posting.amount) if consumed else "",
        posting.unit if consumed else "",
        *asked,
        entry.seq,
        entry.key,
        entry.kind,
        posting.account,
        plain(posting.amount),
        posting.unit,
        entry.run_id,
        posting.work_item,
        entry.digest,
    )


def _json_row(entry: Recorded) -> dict[str, Any]:
    row: dict[str, Any] = {
        "seq": entry.seq,
        "key": entry.key,
        "kind": entry.kind,
        "ChargePeriodStart": entry.at,
        "run_id": entry.run_id,
        "work_item": entry.work_item,
        "memo": entry.memo,
        "previous": entry.previous,
        "digest": entry.digest,
        "postings": [
            {"account": line.account, "amount": plain(line.amount), "unit": line.unit, "work_item": line.work_item}
            for line in entry.postings
        ],
    }
    if entry.kind == "settle":
        row |= _usage(entry)
    return row


def _usage(entry: Recorded) -> dict[str, Any]:
    spent = sum((part for line in entry.postings if (part := spending_of(line)) is not None), Spending())
    row: dict[str, Any] = {"BilledCost": plain(spent.cost.amount), "BillingCurrency": spent.cost.currency}
    what = next((line.account for line in entry.postings if line.account.startswith(("cost:", "used:"))), ":")
    called = what.partition(":")[2]
    if is_tool(called):
        return row
    provider, _, model = called.partition(":")
    return row | {
        "gen_ai.provider.name": provider,
        "gen_ai.request.model": model,
        "gen_ai.usage.input_tokens": spent.tokens.prompt,
        "gen_ai.usage.cache_read.input_tokens": spent.tokens.cache_read,
        "gen_ai.usage.cache_creation.input_tokens": spent.tokens.cache_write,
        "gen_ai.usage.output_tokens": spent.tokens.output,
    }
