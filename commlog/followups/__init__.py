"""Follow-ups: states and verbs, deadlines and pauses, pending, why, dropped balls."""
