"""The laptop's own baseline: the words beside a field's label, as Tesseract reads the page.

answerer.py   the answerer: pages to words, questions to rows
reading.py    the words of a page in lines, by the language that the labels are written in
finding.py    where a label stands, and the words beside or below it
values.py     fields whose values are known by their form: dates, numbers of documents, sex
"""
