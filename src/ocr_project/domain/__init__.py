"""What it is: the types, schemas, options, protocols and errors that every room shares.

Nothing here imports from another room, reads a file or knows of Kedro.
"""
