"""The rules about personal data, pure."""
