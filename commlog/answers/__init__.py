"""Answers to frequent questions: the standard texts of a team."""
