"""The schemas folder: find, load, label, validate."""
