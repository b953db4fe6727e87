"""What a mail is, decided cheapest means first, and what the person's acts teach about it."""
