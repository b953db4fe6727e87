"""The tools of one installation: which there are, what they need, and how they are made."""
