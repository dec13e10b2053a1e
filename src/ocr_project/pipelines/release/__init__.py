"""Answers of a run against those of the release."""
