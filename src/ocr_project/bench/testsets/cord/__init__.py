"""CORD v2, test split: 100 Indonesian receipts with nested fields."""
