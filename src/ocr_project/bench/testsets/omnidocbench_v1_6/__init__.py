"""OmniDocBench v1.6: 1,651 pages of ten kinds of documents; annotations corrected, rules changed since v1.5."""
