"""PubTabNet's validation split: 9,115 tables of scientific articles."""
