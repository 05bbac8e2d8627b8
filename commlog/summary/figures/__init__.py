"""One module a family of figures."""
