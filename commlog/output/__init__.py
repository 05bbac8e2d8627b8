"""Tables and pages of text in every format, labels and widths."""
