"""Into the books: Gainful's own work, what other tools report, and what people may ask about themselves."""
