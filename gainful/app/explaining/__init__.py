"""What was done, why, and what today's rules would say to it. Reads alone."""
