"""Contract suites: subclass one, point it at your implementation, and run pytest."""
