"""YAML to data with places, data to YAML, and edits that touch only their own lines."""
