"""Prompts proposed by a model, judged on documents with known fields.

run            a whole search
parts          the set in three: searched on, selected on, reported on
field_search   one field, its budget, the name of a search
reflect        the own method; gepa_method the other one
trials         proposals become prompts that may be tried, and prompts become tries
generator      what proposes
judge          what answers, and how good that is
memory         what was proposed and answered, so that a killed search goes on
tried          the rows
tables         tries and choices with intervals: how much a choice flattered itself
writing        collections of prompts in VLMHyperBench's format
"""
