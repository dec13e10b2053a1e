"""Handwritten-KIE: death certificates, forms filled in by hand; "Handwritten Forms" of the IDP leaderboard."""
