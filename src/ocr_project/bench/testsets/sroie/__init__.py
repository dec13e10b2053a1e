"""SROIE: receipts, their lines of text (task 2) and four fields (task 3)."""
