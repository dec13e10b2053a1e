"""The stage `publish`."""
