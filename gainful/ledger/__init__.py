"""The books: entries, postings, reservations, work items, outcomes, balances, chain. Pure: no I/O."""
