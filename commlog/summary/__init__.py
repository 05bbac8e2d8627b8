"""Figures, `summarize`, and the report page."""
