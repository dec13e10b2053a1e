"""OCRBench v1: 1,000 questions, scored by whether an accepted answer stands in what was said."""
