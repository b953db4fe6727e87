"""What wakes agents in one installation: each happening matched, claimed, and started once."""
