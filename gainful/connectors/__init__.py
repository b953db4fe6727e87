"""One folder per outside product; each sees sdk and core alone."""
