"""Write the folder of a Qwen2-VL without weights: true shape (2b or 7b), byte-level tokenizer of the true size.

Usage: python -m benchmarks.weightless_qwen2_vl DIR 2b|7b

vLLM fills it with random numbers (`--load-format=dummy`), transformers too (`fields.transformers.dummy_weights`). A
byte is a token here: a prompt has about twice (Russian: four times) the tokens of the real tokenizer.
Shapes: config.json of Qwen/Qwen2-VL-2B-Instruct and Qwen/Qwen2-VL-7B-Instruct.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.weightless_qwen3_vl import IMAGES, SPECIALS, VIDEOS, write_folder

SIZES: dict[str, dict[str, Any]] = {
    "2b": {
        "hidden_size": 1536,
        "intermediate_size": 8960,
        "num_attention_heads": 12,
        "num_key_value_heads": 2,
        "vocab_size": 151_936,
        "tie_word_embeddings": True,
    },
    "7b": {
        "hidden_size": 3584,
        "intermediate_size": 18_944,
        "num_attention_heads": 28,
        "num_key_value_heads": 4,
        "vocab_size": 152_064,
        "tie_word_embeddings": False,
    },
}
PIXELS = {"shortest_edge": 3136, "longest_edge": 12_845_056}
MEAN = [0.48145466, 0.4578275, 0.40821073]
STD = [0.26862954, 0.26130258, 0.27577711]
OWN: dict[str, Any] = {
    "processor_class": "Qwen2VLProcessor",
    "size": PIXELS,
    "patch_size": 14,
    "image_mean": MEAN,
    "image_std": STD,
}


def config_of(size: str) -> dict[str, Any]:
    """Return config.json, flat as Qwen2-VL's is."""
    return {
        "architectures": ["Qwen2VLForConditionalGeneration"],
        "model_type": "qwen2_vl",
        "dtype": "bfloat16",
        "transformers_version": "5.17.0",
        "num_hidden_layers": 28,
        "hidden_act": "silu",
        "max_position_embeddings": 32_768,
        "max_window_layers": 28,
        "rms_norm_eps": 1e-6,
        "rope_theta": 1_000_000.0,
        "rope_scaling": {"type": "mrope", "mrope_section": [16, 24, 24]},
        "use_sliding_window": False,
        "sliding_window": 32_768,
        "bos_token_id": SPECIALS["<|endoftext|>"],
        "eos_token_id": SPECIALS["<|im_end|>"],
        "image_token_id": SPECIALS["<|image_pad|>"],
        "video_token_id": SPECIALS["<|video_pad|>"],
        "vision_start_token_id": SPECIALS["<|vision_start|>"],
        "vision_end_token_id": SPECIALS["<|vision_end|>"],
        "vision_token_id": SPECIALS["<|vision_pad|>"],
        "vision_config": {
            "model_type": "qwen2_vl",
            "depth": 32,
            "embed_dim": 1280,
            "hidden_size": SIZES[size]["hidden_size"],
            "num_heads": 16,
            "mlp_ratio": 4,
            "patch_size": 14,
            "spatial_merge_size": 2,
            "temporal_patch_size": 2,
            "in_channels": 3,
            "in_chans": 3,
        },
        **SIZES[size],
    }


def write_qwen2_vl(folder: Path, size: str) -> Path:
    """Write config, tokenizer, processors and chat template."""
    write_folder(folder)
    (folder / "config.json").write_text(json.dumps(config_of(size), indent=1))
    images = IMAGES | OWN | {"image_processor_type": "Qwen2VLImageProcessor"}
    (folder / "preprocessor_config.json").write_text(json.dumps(images, indent=1))
    videos = VIDEOS | OWN | {"video_processor_type": "Qwen2VLVideoProcessor"}
    (folder / "video_preprocessor_config.json").write_text(json.dumps(videos, indent=1))
    ends = {"eos_token_id": [SPECIALS["<|im_end|>"], SPECIALS["<|endoftext|>"]], "pad_token_id": 151_643}
    (folder / "generation_config.json").write_text(json.dumps({"do_sample": False} | ends))
    return folder


if __name__ == "__main__":
    print(write_qwen2_vl(Path(sys.argv[1]), sys.argv[2]))
