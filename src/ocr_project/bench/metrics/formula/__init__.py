"""Formulas in LaTeX without drawing them.

symbols.py  commands and what they show
tokens.py   LaTeX as tokens
tree.py     and as a tree
scores.py   edit distances and exact match
"""
