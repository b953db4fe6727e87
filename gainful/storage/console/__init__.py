"""What the console keeps: accounts, sessions, identities, trials."""
