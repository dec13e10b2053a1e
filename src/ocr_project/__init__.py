"""Turn a corpus of documents into text, vectors and evidence."""

__version__ = "0.1.0"
