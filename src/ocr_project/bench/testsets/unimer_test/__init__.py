"""UniMER-Test: 23,757 formulas in four subsets: simple and complex print, screen captures, handwriting."""
