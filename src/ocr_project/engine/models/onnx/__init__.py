"""Small trained models that an ordinary package brings along, run by onnxruntime on the CPU.

weights.py      where their files are, and how one is loaded
line_reader.py  PP-OCRv6 tiny or small: a line of print to characters and their places
line_finder.py  PP-OCRv6 tiny: where lines are on a page
turned.py       which way up a page is

The extra `rapid` installs onnxruntime and the package with the files. Without it the laptop's backends work without
these models, and their identities say so.
"""
