"""One module per outside format."""
