"""Customers: profile, names, duplicates, merging, brief, timeline, care, consent."""
