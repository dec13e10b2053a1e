"""Scores of test sets to evidence: tables with intervals, comparisons, the gate, the report."""
