"""What git knows of the log."""
