"""OmniDocBench: pages of ten kinds of documents, every element with its place, text and order."""
