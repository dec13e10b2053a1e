"""OCRBench v1: 1,000 questions, scored by whether the output contains an accepted answer."""
