"""The books: what was spent, what it was worth, and who may ask."""
