"""OmniDocBench v1.5: 1,355 pages of ten kinds of documents, every element with its box, text and order."""
