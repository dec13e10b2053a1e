"""What a test of a backend needs, shipped so that the author of a plug-in can use it.

fake_vllm        a server that speaks vLLM's protocol and misbehaves on order; also an executable for `vllm serve`
fakes            a corpus in memory, pages that need no disk
regions          pages whose regions can be told apart by their pixels, and the reader that tells them
tiny_glm_ocr     checkpoints with random weights: real classes, real files, no meaning
tiny_qwen3_vl    a second one, and the model card of Qwen3-VL-Embedding as a reference
tiny_sentences   a third one, for sentence-transformers

Nothing in the project imports this package. The tiny models need torch and transformers, and import them when they
are built.
"""

from __future__ import annotations

from ocr_project.testing.fake_vllm import FAULTS, LOOP, FakeVllm
from ocr_project.testing.fakes import MemoryShards, identity, page
from ocr_project.testing.regions import drawn_page, expected, read_marks

__all__ = ["FAULTS", "LOOP", "FakeVllm", "MemoryShards", "drawn_page", "expected", "identity", "page", "read_marks"]
