"""Recognitions to the text and the Markdown of a page."""

from ocr_project.engine.transcript.assemble import assemble, transcript_identity
from ocr_project.engine.transcript.text_layer import readings

__all__ = ["assemble", "readings", "transcript_identity"]
