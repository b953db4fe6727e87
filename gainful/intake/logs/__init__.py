"""What other AI tools write down on a person's machine, and what their vendors export: read as calls.

Each reader takes a file and gives calls, under keys that are the same however often and in how many copies a call
stands there; so importing again, or a session's copy, changes nothing. No text of a prompt or an answer is read.
"""
