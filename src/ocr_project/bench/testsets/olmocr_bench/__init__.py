"""olmOCR-bench: 1,403 PDF pages and 7,010 small tests of what a good answer says, and says not."""
