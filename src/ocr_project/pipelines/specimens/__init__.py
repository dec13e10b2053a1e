"""The stage `specimens`."""
