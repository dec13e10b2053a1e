"""Reading documents. It runs without the bench and without training.

Floors, from the top: what a person takes away (exports, publishing, reporting), the stages (ingest, layout,
recognition, transcript, embedding, retrieval: strangers to each other), one way to models and the metrics of the main
job, and what several stages need (running, imaging).
"""
