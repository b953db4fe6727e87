"""What the gate writes down: effects, calls, approvals, manifests, stops, answers, and the audit log."""
