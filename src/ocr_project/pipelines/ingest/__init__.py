"""Documents to pages."""
