"""Commands; thin: they ask the application, and show what it answers."""
