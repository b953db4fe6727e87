"""The ledger: entries, balances, budgets, work items and their outcomes."""
