"""What runs did, told as OpenTelemetry traces to whom the settings name."""
