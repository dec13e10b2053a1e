"""IAM lines: 2,915 lines of English handwriting, the test split of Teklia's edition."""
