"""Samples to learn from: one file per format of source, and what all of them share.

    olmocr        one-page PDFs beside Markdown with front matter; olmocr_rules has olmOCR's own filters
    layout_lmdb   crops with their text in an LMDB; label_pickle reads its labels
    aihub         images with annotated words: AI-Hub's JSON, merged or as published
    messages      conversations in JSON or JSONL: Qwen's, ERNIE's, chat messages
    corpus        the finished pages of this project, with their references
    folder        images beside text files

What they share:

    source        what a source is: entries, and what is found in them
    opening       which file opens which format
    shards        entries to shards; limits drawn by hash
    making        what is found to a row: image, limits, split, identity
    held_out      images and documents of test sets, which no model may learn from
    words         words with their places to lines
    tables        metrics and the table of refusals
    sample_page   the page that a person looks at before a GPU is paid for

The way back, from pages and regions to a layout LMDB: region_crops, lmdb_file.
"""
