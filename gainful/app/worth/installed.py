"""The books of worth of one installation and its people, put together from its stores and settings."""

from __future__ import annotations

import random

from gainful.app.books.own_facts import OwnFacts
from gainful.app.books.people import People
from gainful.app.books.privacy import Privacy
from gainful.app.stores import Stores
from gainful.app.worth.books import WorthBooks
from gainful.app.worth.by_hand import ByHand
from gainful.app.worth.hold_out import HoldOuts
from gainful.app.worth.looks import Looks
from gainful.app.worth.months import WorthMonths
from gainful.app.worth.outcomes import Outcomes
from gainful.storage.facts.by_hand_store import ByHandStore
from gainful.storage.secrets.deal_key import DealKey
from gainful.storage.worth.month_store import MonthStore


def own_facts(stores: Stores) -> OwnFacts:
    """What turns its ledger into facts."""
    owner = stores.config.owner.person
    return OwnFacts(stores.ledger, stores.runs, stores.work, stores.facts, stores.marks, owner)


def installed_worth(stores: Stores) -> tuple[WorthBooks, Looks, Outcomes]:
    """The books, the queue of second looks, and outcomes."""
    config, clock = stores.config, stores.clock
    settings = config.worth.settings()
    own = own_facts(stores)
    books = WorthBooks(
        stores.facts,
        stores.directory,
        stores.tellings,
        WorthMonths(MonthStore(stores.database), stores.facts, stores.directory, settings, clock),
        settings,
        clock,
        assumed=config.worth.rate is None,
        own=own.report,
    )
    looks = Looks(books, stores.facts, stores.directory, stores.tellings, clock, random.SystemRandom())
    books.on_claimed = looks.stock
    return books, looks, Outcomes(stores.facts, stores.work, settings, clock)


def installed_hold_out(stores: Stores, books: WorthBooks) -> tuple[HoldOuts, ByHand]:
    """What deals items to be done by hand, and what measures that."""
    key = DealKey(stores.home.path / "hold-out.key", stores.database, stores.marks)
    by_hand = ByHand(stores.facts, ByHandStore(stores.facts, stores.marks), stores.clock)
    share = books.settings.hold_out
    return HoldOuts(stores.facts, key, share, stores.clock, by_hand.under_way, books.report), by_hand


def installed_people(stores: Stores) -> tuple[People, Privacy]:
    """Its people, and what is kept about them."""
    config, clock, owner = stores.config, stores.clock, stores.config.owner.person
    people = People(stores.facts, stores.directory, stores.audit, clock, owner)
    keep = config.privacy.keep_days
    return people, Privacy(stores.facts, stores.directory, stores.tellings, stores.audit, keep, clock, owner)
