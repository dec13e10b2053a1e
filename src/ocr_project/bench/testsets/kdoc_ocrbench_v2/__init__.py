"""KDoc-OCRBench-V2: 849 pages of Korean public documents and 56,197 tests in olmOCR-bench's form."""
