"""OpenTelemetry: what agents and AI tools report as spans, log events and metrics, as facts.

Nothing of what a prompt or an answer said is kept: only names, numbers and instants are read.
"""
