"""The commands of personal data."""
