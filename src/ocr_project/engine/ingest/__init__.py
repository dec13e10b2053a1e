"""Documents to pages: what a source is, and the two that there are.

folder.py      a folder of PDFs and images
kopub.py       the Parquet files of SDS-KoPub-VDR, local or on the Hub
selection.py   which paths `ingest.include` takes
pdf.py         PDF pages to images
pdf_text.py    the text layer of a PDF page: characters to lines and words
images.py      image files to pages
picture.py     what a reader makes of a page, and how it becomes a row
loose.py       one page of an image or PDF that no source lists: an item of a test set
text_layer.py  whether the text of a PDF can be trusted
partition.py   documents to shards
questions.py   queries and judgements that came with a corpus
"""

from ocr_project.engine.ingest.loose import read_loose
from ocr_project.engine.ingest.questions import read_qrels, read_queries
from ocr_project.engine.ingest.source import Source, ingest_identity, open_source

__all__ = ["Source", "ingest_identity", "open_source", "read_loose", "read_qrels", "read_queries"]
