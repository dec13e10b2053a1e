"""Pages indexed by their words, and ranked for every question."""
