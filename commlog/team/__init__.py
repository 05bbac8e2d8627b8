"""Working together: history, audit, past states, merging, syncing."""
