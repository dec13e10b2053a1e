"""Models behind HTTP: servers of our own, and requests to any server that speaks OpenAI's protocol."""
