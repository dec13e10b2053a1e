"""PP-DocLayoutV3: regions, labels and reading order by one model.

detector.py     the detector: what runs beside what
checkpoint.py   finds the weights, says what is missing
model.py        loads them, runs them
preprocess.py   bytes to the model's input
postprocess.py  the model's output to boxes in reading order, on the device
polygons.py     masks to outlines
labels.py       its 25 labels and the project's

Nothing here imports torch or transformers before the first page, but the check that they are there.
"""

from ocr_project.engine.layout.pp_doclayout.detector import PpDocLayoutDetector

__all__ = ["PpDocLayoutDetector"]
