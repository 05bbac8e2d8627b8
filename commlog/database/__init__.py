"""The index: tables, scan, refresh, worker processes, the query language."""
