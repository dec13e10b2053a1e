"""Transcripts and references to scores and a report."""
