"""What this installation tells a team's server of its own books: figures of calls and runs, and no text."""

from gainful.app.reporting.reporting import Reported, Reporting

__all__ = ["Reported", "Reporting"]
