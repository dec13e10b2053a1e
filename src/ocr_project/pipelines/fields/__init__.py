"""Questions about documents to answers and scores."""
