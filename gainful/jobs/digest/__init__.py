"""The brief for the morning."""
