"""Whether an answerer may replace the one that is released.

record   what a run over fields leaves to be compared with: a run record, as the test sets leave one
gate     the record against that of the release, and against the time limit
"""
