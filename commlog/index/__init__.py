"""The disposable SQLite copy of the files."""
