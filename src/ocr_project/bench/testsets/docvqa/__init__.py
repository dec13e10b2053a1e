"""DocVQA, single pages, validation split: 5,349 questions about scanned documents."""
