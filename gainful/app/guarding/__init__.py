"""What may be done at this moment, and who has said so: guards, budgets, approvals."""
