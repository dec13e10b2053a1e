"""Pages to regions in reading order."""
