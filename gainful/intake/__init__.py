"""What other tools used, into the books."""
