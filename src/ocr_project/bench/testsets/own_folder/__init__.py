"""A test set of your own: a folder of images and PDFs, each with its truth beside it under the same name."""
