"""The rules about a single record, pure."""
