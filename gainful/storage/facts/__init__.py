"""What systems report: facts, runs and calls with their sums, whose they are, and how they are deleted."""
