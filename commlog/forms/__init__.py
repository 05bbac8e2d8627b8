"""Templates: fields, labels, choices, text to values, validation and its explanation."""
