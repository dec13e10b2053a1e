"""Pages and their regions to a layout LMDB."""
