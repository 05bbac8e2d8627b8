"""The commands of import and export."""
