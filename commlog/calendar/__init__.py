"""A log's calendar: its file, holidays as data, what a changed calendar moves."""
