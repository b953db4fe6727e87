"""One invariant of the books a file: entries in, findings out."""
