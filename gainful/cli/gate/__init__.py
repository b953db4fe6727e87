"""What may be done, and by whose word: approvals, manifests, secrets, stops, the audit log."""
