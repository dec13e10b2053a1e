"""OCRBench v2: 10,000 items of 30 tasks in English and Chinese; each task has its own way of being scored."""
