"""A summary as text and as data."""
