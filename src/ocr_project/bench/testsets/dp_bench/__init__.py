"""Upstage DP-Bench: 200 pages of PDFs with their elements in reading order."""
