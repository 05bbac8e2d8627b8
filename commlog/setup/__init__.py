"""Making a log, looking after it: init, doctor, hooks, index, templates."""
