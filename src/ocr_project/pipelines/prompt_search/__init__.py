"""Documents with known fields to a collection of prompts."""
