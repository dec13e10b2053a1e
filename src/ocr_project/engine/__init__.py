"""How it is done: rendering, layout, recognition, transcripts, embedding, metrics, reports.

The stages are strangers to each other; what they share is `shards`, `pixels` and the domain.
"""
