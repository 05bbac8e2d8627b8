"""The rules about customers, pure."""
