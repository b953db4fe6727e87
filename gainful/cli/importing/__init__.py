"""What other tools and systems report, into the books."""
