"""The rules of reminders, pure."""
