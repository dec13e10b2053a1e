"""Document types of scans: which of the given kinds of documents an image shows."""
