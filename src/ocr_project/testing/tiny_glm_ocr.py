"""A GLM-OCR of a quarter of a million random weights: real classes, real files, no meaning."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SPECIALS = (
    "<|endoftext|>",
    "[gMASK]",
    "<sop>",
    "<|user|>",
    "<|assistant|>",
    "<|begin_of_image|>",
    "<|end_of_image|>",
    "<|begin_of_video|>",
    "<|end_of_video|>",
    "<|image|>",
    "<|video|>",
)
TEMPLATE = (
    "[gMASK]<sop>{% for m in messages %}<|{{m.role}}|>\n{% for c in m.content %}{% if c.type == 'image' %}"
    "<|begin_of_image|><|image|><|end_of_image|>{% else %}{{c.text}}{% endif %}{% endfor %}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)


def build(folder: Path) -> Path:
    """Write a checkpoint that `from_pretrained` loads; the folder's name lets the dialect be found."""
    import torch
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import GlmOcrConfig, GlmOcrForConditionalGeneration, PreTrainedTokenizerFast

    folder = folder / "tiny-GLM-OCR"
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {letter: number for number, letter in enumerate([*letters, *SPECIALS])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(name, special=True) for name in SPECIALS])
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=SPECIALS[0], pad_token=SPECIALS[0])
    fast.chat_template = TEMPLATE
    fast.save_pretrained(folder)
    torch.manual_seed(0)
    model = GlmOcrForConditionalGeneration(GlmOcrConfig(**_config(vocabulary)))
    model.generation_config.eos_token_id = vocabulary[SPECIALS[0]]
    model.generation_config.pad_token_id = vocabulary[SPECIALS[0]]
    model.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps(_PREPROCESSOR))
    return folder


def _config(vocabulary: dict[str, int]) -> dict[str, Any]:
    end = vocabulary[SPECIALS[0]]
    text = {
        "vocab_size": len(vocabulary),
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "eos_token_id": end,
        "pad_token_id": end,
        "rope_parameters": {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [2, 3, 3]},
    }
    vision = {
        "depth": 2,
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_heads": 4,
        "patch_size": 14,
        "out_hidden_size": 64,
    }
    return {
        "text_config": text,
        "vision_config": vision,
        "image_token_id": vocabulary["<|image|>"],
        "video_token_id": vocabulary["<|video|>"],
        "image_start_token_id": vocabulary["<|begin_of_image|>"],
        "image_end_token_id": vocabulary["<|end_of_image|>"],
        "video_start_token_id": vocabulary["<|begin_of_video|>"],
        "video_end_token_id": vocabulary["<|end_of_video|>"],
        "eos_token_id": end,
        "pad_token_id": end,
    }


_PREPROCESSOR = {
    "image_processor_type": "Glm46VImageProcessor",
    "size": {"shortest_edge": 12544, "longest_edge": 9633792},
    "patch_size": 14,
    "temporal_patch_size": 2,
    "merge_size": 2,
    "image_mean": [0.48145466, 0.4578275, 0.40821073],
    "image_std": [0.26862954, 0.26130258, 0.27577711],
}
