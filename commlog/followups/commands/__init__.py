"""The commands of follow-ups."""
