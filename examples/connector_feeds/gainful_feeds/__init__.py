"""News from RSS and Atom feeds, as tools of Gainful's agents."""

from gainful_feeds.connector import connector

__all__ = ["connector"]
