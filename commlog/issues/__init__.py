"""Issues: one problem of a customer, followed to its closing."""
