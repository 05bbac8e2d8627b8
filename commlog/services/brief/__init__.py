"""The parts of a brief, each drawn from the copy and from the few files whose words it shows."""
