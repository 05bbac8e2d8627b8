"""Questions: from the query string to the answer's rows."""
