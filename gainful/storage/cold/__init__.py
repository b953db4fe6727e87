"""Months that are past, as files for questions that nobody foresaw."""
