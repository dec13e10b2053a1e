"""Nanonets-KIE: 987 receipts with eight fields each."""
