"""Checking a log: each record against its template, and all of them against each other."""
