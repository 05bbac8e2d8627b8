"""Formats from and to the outside, one a module, and import maps."""
