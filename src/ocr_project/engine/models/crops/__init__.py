"""Crops of regions, cut and encoded in worker processes."""
