"""What a result was worth, judged from the books and the evidence; never from the world."""
