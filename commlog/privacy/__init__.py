"""Personal data: masking, sealing, forgetting, retention, a person's data."""
