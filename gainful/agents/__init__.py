"""What an agent is and knows, and the loop between a model and its tools."""
