"""What layout and recognition both see on a page.

pixels            bytes to pixels and back, crops of regions
preparing         a page as it is looked at: without darkness, shadows (even_paper) and marks across it (pale_marks)
ink               grey pixels to ink, connected components
leaders           rows of dots from a title to its number
words             height of letters, words, strokes
text_lines        words to lines of text, of a page or a table
text_bands        the lines of a block as bands of rows, for reading
rulings           drawn lines and the cells that they enclose
ruled_table       the cells of a table with drawn lines
borderless_table  the cells of a table by its white (column_gaps, row_joins)
small_print       enlarging what is too small to be read
fills, specks     shaded areas; dashed rules and dirt
skew, orientation how a page lies; page_view: the way back to it
tesseract         images to words with their boxes; tessdata: where its models are
"""
