"""The commands of records."""
