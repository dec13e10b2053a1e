"""`ocr-project serve`, `kedro serve`: corpora in a browser, on this machine only.

command.py      the command; project.py that of a project
app.py          addresses, and who may ask: guard.py
site.py         the pages that are looked at; posting.py what is sent to them
shelf.py        which corpora there are
uploads.py      files that come in
runs.py         runs, one after the other, each in a process; progress.py how far one is
results.py      what was read; lines.py the lines of a page
corrections.py  reference texts
downloads.py    the exports
words.py        texts in three languages, beside the templates
work.py         what such a process does
"""
