"""The rules of merging and of history, pure."""
