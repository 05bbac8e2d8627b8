"""Surveys: the scores a customer gives, and how they change."""
