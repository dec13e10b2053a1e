"""Rows of scores to what is said of a run: tables with intervals, composites, the gate."""
