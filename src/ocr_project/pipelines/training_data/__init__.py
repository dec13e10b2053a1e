"""Folders, databases and files of samples to rows that a model is trained on."""
