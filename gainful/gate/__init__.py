"""The only door to tools and models: decide, reserve, journal, call, settle."""
