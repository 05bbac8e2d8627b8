"""Rules over the whole log."""
