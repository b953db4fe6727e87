"""Durable runs: steps, schedules, recovery. DBOS lives behind one module here."""
