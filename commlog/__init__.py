"""Customer communications as plain YAML files."""
