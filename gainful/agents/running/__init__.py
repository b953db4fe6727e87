"""One run of an agent: what it begins with, what the model is told, and the loop."""
