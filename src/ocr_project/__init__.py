"""Turn a corpus of documents into text, vectors and evidence."""

import os

__version__ = "0.1.0"

# Arrow's own allocator keeps what a stage freed: 40 MB after 8,000 pages. The C library's gives it back when it is
# asked to (hooks/guards.py, docs/log.md). This is read once, when Arrow first needs memory.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
