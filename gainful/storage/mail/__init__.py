"""What is known about mail, and what was learned from what people did with it."""
