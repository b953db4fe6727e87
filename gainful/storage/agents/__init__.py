"""Agents by version, what wakes them, what they remember, and what models said to them."""
