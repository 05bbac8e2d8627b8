"""What is said of customers, as text."""
