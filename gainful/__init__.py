"""Work agents that keep honest books. Tokens are a cost, never a score."""

__version__ = "0.1.0"
