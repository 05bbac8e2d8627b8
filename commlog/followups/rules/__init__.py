"""The rules about follow-ups, pure."""
