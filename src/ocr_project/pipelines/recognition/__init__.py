"""Regions to text."""
