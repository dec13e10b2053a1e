"""Public test sets to pages and truths; what was read of them to scores."""
