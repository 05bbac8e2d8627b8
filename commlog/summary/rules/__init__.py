"""The rules of figures, pure."""
