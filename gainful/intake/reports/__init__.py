"""What a person's own Gainful tells a team's server about that person's work."""
