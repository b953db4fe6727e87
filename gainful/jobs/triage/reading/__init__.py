"""Mail read safely: bounded parsing of anything, in a worker process that may die."""
