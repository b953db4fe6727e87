"""Mail triaged before you wake: read, decide cheapest means first, act through the gate, learn, undo."""
