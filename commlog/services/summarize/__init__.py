"""What a period was like: the figures of a summary, read from the copy."""
