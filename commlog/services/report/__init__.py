"""What a report shows: series over time, ages and lists, read from the copy."""
