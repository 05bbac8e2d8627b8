"""What a record and a link are, and the one door by which a record is written."""
