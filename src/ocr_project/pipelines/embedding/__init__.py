"""Transcripts and questions to vectors."""
