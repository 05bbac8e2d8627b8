"""What is said, to whom, and once; the channels it goes out by."""
