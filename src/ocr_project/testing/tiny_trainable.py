"""Models of every family that can be trained, of a third of a million random weights: real classes, real files.

They learn: with weights as large as here (`initializer_range` 0.2) a few pages are known by heart in seconds. A tied
head with smaller ones can't become sure of anything.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ocr_project.domain.types import Split, Task, TextFormat, TrainingSample
from ocr_project.engine.imaging.pixels import encode
from ocr_project.testing import tiny_glm_ocr

FAMILIES = ("qwen3_vl", "qwen2_vl", "paddleocr_vl", "glm_ocr")
_QWEN_MARKS = (
    *("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>"),
    *("<|image_pad|>", "<|video_pad|>"),
)
_QWEN_TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{% for c in m.content %}"
    "{% if c.type == 'image' %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% else %}{{ c.text }}{% endif %}{% endfor %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_PADDLE_MARKS = (
    *("<unk>", "<|begin_of_sentence|>", "</s>", "<|IMAGE_START|>", "<|IMAGE_PLACEHOLDER|>", "<|IMAGE_END|>"),
    *("<|video_pad|>",),
)
_PADDLE_TEMPLATE = (
    "<|begin_of_sentence|>{% for m in messages %}User: {% for c in m.content %}"
    "{% if c.type == 'image' %}<|IMAGE_START|><|IMAGE_PLACEHOLDER|><|IMAGE_END|>"
    "{% else %}{{ c.text }}{% endif %}{% endfor %}\n{% endfor %}"
    "{% if add_generation_prompt %}Assistant: {% endif %}"
)
_MARKS = {
    "qwen3_vl": (_QWEN_MARKS, _QWEN_TEMPLATE, "<|im_end|>"),
    "qwen2_vl": (_QWEN_MARKS, _QWEN_TEMPLATE, "<|im_end|>"),
    "paddleocr_vl": (_PADDLE_MARKS, _PADDLE_TEMPLATE, "</s>"),
    "glm_ocr": (tiny_glm_ocr.SPECIALS, tiny_glm_ocr.TEMPLATE, "<|endoftext|>"),
}
_PROCESSORS = {
    "qwen3_vl": ("Qwen2VLImageProcessor", 16),
    "qwen2_vl": ("Qwen2VLImageProcessor", 14),
    "paddleocr_vl": ("PaddleOCRVLImageProcessor", 14),
    "glm_ocr": ("Glm46VImageProcessor", 14),
}


def build(
    folder: Path, family: str, *, spread: float = 0.2, tied: bool | None = None, hidden: int = 64, patch: int = 16
) -> Path:
    """Write a checkpoint that `from_pretrained` loads.

    Args:
        folder: Where its folder goes, which is named so that its dialect is found.
        family: One of `FAMILIES`.
        spread: Standard deviation of its weights.
        tied: Whether the head is the embedding; None: as the real ones are (PaddleOCR-VL and GLM-OCR are not).
        hidden: Width of language model and tower, of a Qwen3-VL.
        patch: Pixels of a patch, of a Qwen3-VL.
    """
    import torch
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    folder = folder / f"tiny-{family.replace('_', '-')}"
    marks, template, end = _MARKS[family]
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {letter: number for number, letter in enumerate([*letters, *marks])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(name, special=True) for name in marks])
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=end, pad_token=marks[0])
    fast.chat_template = template
    fast.save_pretrained(folder)
    torch.manual_seed(0)
    is_tied = family.startswith("qwen") if tied is None else tied
    model = _model(family, vocabulary, spread, is_tied, hidden, patch)
    model.generation_config.eos_token_id = vocabulary[end]
    model.generation_config.pad_token_id = vocabulary[marks[0]]
    model.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps(_preprocessor(family, patch)))
    return folder


def samples(
    texts: Sequence[str], *, width: int = 160, height: int = 64, split: Split = Split.TRAIN, source: str = "made:tiny"
) -> list[TrainingSample]:
    """Return samples whose images are stripes and dots drawn from their texts: told apart at a glance."""
    made = []
    for number, text in enumerate(texts):
        random = np.random.default_rng(_seed_of(text))
        blocks = random.integers(0, 2, (height // 8, width // 8, 1), dtype=np.uint8) * 255
        pixels = np.kron(blocks, np.ones((8, 8, 3), np.uint8))
        pixels = np.ascontiguousarray(pixels[:height, :width])
        made.append(
            TrainingSample(
                sample_id=f"{_seed_of(text):08x}{number:04d}",
                source=source,
                document=f"document-{number}",
                place=str(number),
                split=split,
                task=Task.TEXT,
                whole_page=False,
                question="",
                image=encode(pixels),
                width=pixels.shape[1],
                height=pixels.shape[0],
                answer=text,
                format=TextFormat.TEXT,
            )
        )
    return made


def _seed_of(text: str) -> int:
    return zlib.crc32(text.encode())


def _model(family: str, vocabulary: dict[str, int], spread: float, tied: bool, hidden: int, patch: int) -> Any:
    from transformers import (
        GlmOcrConfig,
        GlmOcrForConditionalGeneration,
        PaddleOCRVLConfig,
        PaddleOCRVLForConditionalGeneration,
        Qwen2VLConfig,
        Qwen2VLForConditionalGeneration,
        Qwen3VLConfig,
        Qwen3VLForConditionalGeneration,
    )

    text: dict[str, Any] = {
        "vocab_size": len(vocabulary),
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 3,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 32,
        "initializer_range": spread,
        "max_position_embeddings": 4096,
        "tie_word_embeddings": tied,
    }
    rope = {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [6, 5, 5]}
    vision: dict[str, Any] = {"depth": 2, "num_heads": 4, "initializer_range": spread}
    if family == "qwen3_vl":
        text["rope_parameters"] = {**rope, "mrope_interleaved": True}
        text |= {"hidden_size": hidden, "intermediate_size": 2 * hidden, "num_attention_heads": hidden // 32}
        vision |= {"hidden_size": hidden, "intermediate_size": 2 * hidden, "patch_size": patch, "depth": hidden // 32}
        vision |= {"out_hidden_size": hidden, "num_position_embeddings": 256, "deepstack_visual_indexes": [0]}
        marks = {"image_token_id": "<|image_pad|>", "video_token_id": "<|video_pad|>"}
        marks |= {"vision_start_token_id": "<|vision_start|>", "vision_end_token_id": "<|vision_end|>"}
        config = Qwen3VLConfig(**_whole(text, vision, vocabulary, marks, tied))
        return Qwen3VLForConditionalGeneration(config)
    if family == "qwen2_vl":
        del text["head_dim"]
        text["rope_parameters"] = rope
        vision |= {"embed_dim": 64, "hidden_size": 64, "mlp_ratio": 2, "patch_size": 14}
        marks = {"image_token_id": "<|image_pad|>", "video_token_id": "<|video_pad|>"}
        marks |= {"vision_start_token_id": "<|vision_start|>", "vision_end_token_id": "<|vision_end|>"}
        return Qwen2VLForConditionalGeneration(Qwen2VLConfig(**_whole(text, vision, vocabulary, marks, tied)))
    if family == "paddleocr_vl":
        text |= {"rope_parameters": rope, "eos_token_id": vocabulary["</s>"], "pad_token_id": vocabulary["<unk>"]}
        vision = {"num_hidden_layers": 2, "num_attention_heads": 4, "hidden_size": 64, "intermediate_size": 128}
        vision |= {"patch_size": 14, "image_size": 112}
        marks = {"image_token_id": "<|IMAGE_PLACEHOLDER|>", "video_token_id": "<|video_pad|>"}
        marks |= {"vision_start_token_id": "<|IMAGE_START|>", "vision_end_token_id": "<|IMAGE_END|>"}
        config = PaddleOCRVLConfig(**_whole(text, vision, vocabulary, marks, tied))
        return PaddleOCRVLForConditionalGeneration(config)
    end = vocabulary["<|endoftext|>"]
    text |= {"rope_parameters": rope, "eos_token_id": end, "pad_token_id": end}
    vision |= {"hidden_size": 64, "intermediate_size": 128, "patch_size": 14, "out_hidden_size": 64}
    marks = {"image_token_id": "<|image|>", "video_token_id": "<|video|>"}
    marks |= {"image_start_token_id": "<|begin_of_image|>", "image_end_token_id": "<|end_of_image|>"}
    marks |= {"video_start_token_id": "<|begin_of_video|>", "video_end_token_id": "<|end_of_video|>"}
    whole = _whole(text, vision, vocabulary, marks, tied) | {"eos_token_id": end, "pad_token_id": end}
    return GlmOcrForConditionalGeneration(GlmOcrConfig(**whole))


def _whole(
    text: dict[str, Any], vision: dict[str, Any], vocabulary: dict[str, int], marks: dict[str, str], tied: bool
) -> dict[str, Any]:
    ids = {name: vocabulary[mark] for name, mark in marks.items()}
    return {"text_config": text, "vision_config": vision, **ids, "tie_word_embeddings": tied}


def _preprocessor(family: str, patch: int) -> dict[str, Any]:
    name, patch = _PROCESSORS[family] if family != "qwen3_vl" else (_PROCESSORS[family][0], patch)
    least = 4 * (2 * patch) ** 2
    return {
        "image_processor_type": name,
        "size": {"shortest_edge": least, "longest_edge": 64 * least},
        "patch_size": patch,
        "temporal_patch_size": 1 if family == "paddleocr_vl" else 2,
        "merge_size": 2,
        "image_mean": [0.5, 0.5, 0.5],
        "image_std": [0.5, 0.5, 0.5],
    }
