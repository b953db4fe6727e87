"""One rule a file, each with an id, a reason and tests."""
