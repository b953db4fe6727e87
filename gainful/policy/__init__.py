"""Decides, never acts: a request and facts in, a Decision with rule ids out. Pure: no I/O."""
