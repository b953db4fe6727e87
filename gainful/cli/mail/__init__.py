"""Mail: triage, the brief, teaching, taking back."""
