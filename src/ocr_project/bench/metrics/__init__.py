"""Metrics of the public test sets: pure functions that return counts.

answers         ANLS, ANLS*, and the rules of OCRBench
bleu            BLEU of sacrebleu
canonical       one form for texts that say the same in different marks
catalog         what each metric is: its title, which way is better, how items are averaged
cdm/            formulas drawn, and their characters matched
fields          key information, field by field
formula/        formulas without drawing them
opendataloader  NID, TEDS and MHS of Markdown pages
tables/         TEDS, and the canonical form of tables
"""
