"""The rules about issues, pure."""
