"""A tuned model for others."""
