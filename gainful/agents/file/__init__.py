"""What an agent is: its file, read strictly, and the versions of it that were enabled."""
