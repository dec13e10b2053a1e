"""Making models better: what they learn from, and how they learn it. It knows documents, and nothing of the bench.

samples/    from folders, databases and files of others to rows of one form
"""
