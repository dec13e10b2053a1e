"""What layout and recognition both see on a page: pixels, ink, drawn lines, lines of text, tables, orientation."""
