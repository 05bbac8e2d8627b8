"""A log on disk: root, settings, YAML, records, locks."""
