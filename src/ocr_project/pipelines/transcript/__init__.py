"""Recognitions to pages of text, and to files that people read."""
