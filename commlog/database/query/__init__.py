"""The query language: from words to a filter, from a filter to SQL."""
