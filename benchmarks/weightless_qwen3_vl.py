"""Write the folder of a Qwen3-VL-Embedding-2B without weights: true shape, byte-level tokenizer of the true size.

Usage: python -m benchmarks.weightless_qwen3_vl DIR

vLLM fills it with random numbers (`--load-format dummy`). A byte is a token here: a text of 700 ASCII letters has 700.
Shapes: config.json of Qwen/Qwen3-VL-Embedding-2B (shared/FACTS.md and the model card).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

VOCABULARY = 151_936
SPECIALS = {
    "<|endoftext|>": 151_643,
    "<|im_start|>": 151_644,
    "<|im_end|>": 151_645,
    "<|vision_start|>": 151_652,
    "<|vision_end|>": 151_653,
    "<|vision_pad|>": 151_654,
    "<|image_pad|>": 151_655,
    "<|video_pad|>": 151_656,
}
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{% if m.content is string %}{{ m.content }}{% else %}"
    "{% for c in m.content %}{% if c.type in ('image', 'image_url') %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% else %}{{ c.text }}{% endif %}{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
TEXT: dict[str, Any] = {
    "model_type": "qwen3_vl_text",
    "dtype": "bfloat16",
    "vocab_size": VOCABULARY,
    "hidden_size": 2048,
    "intermediate_size": 6144,
    "num_hidden_layers": 28,
    "num_attention_heads": 16,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "hidden_act": "silu",
    "max_position_embeddings": 262_144,
    "rms_norm_eps": 1e-6,
    "attention_bias": False,
    "rope_parameters": {
        "rope_type": "default",
        "rope_theta": 5_000_000,
        "mrope_interleaved": True,
        "mrope_section": [24, 20, 20],
    },
    "tie_word_embeddings": True,
    "bos_token_id": 151_643,
    "eos_token_id": 151_645,
}
VISION: dict[str, Any] = {
    "model_type": "qwen3_vl",
    "depth": 24,
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "num_heads": 16,
    "patch_size": 16,
    "temporal_patch_size": 2,
    "spatial_merge_size": 2,
    "out_hidden_size": 2048,
    "in_channels": 3,
    "num_position_embeddings": 2304,
    "hidden_act": "gelu_pytorch_tanh",
    "deepstack_visual_indexes": [5, 11, 17],
}
CONFIG: dict[str, Any] = {
    "architectures": ["Qwen3VLForConditionalGeneration"],
    "model_type": "qwen3_vl",
    "dtype": "bfloat16",
    "transformers_version": "5.17.0",  # without it the tokenizer is taken for an old one of Mistral's
    "image_token_id": SPECIALS["<|image_pad|>"],
    "video_token_id": SPECIALS["<|video_pad|>"],
    "vision_start_token_id": SPECIALS["<|vision_start|>"],
    "vision_end_token_id": SPECIALS["<|vision_end|>"],
    "tie_word_embeddings": True,
    "text_config": TEXT,
    "vision_config": VISION,
}
IMAGES: dict[str, Any] = {
    "image_processor_type": "Qwen2VLImageProcessorFast",
    "processor_class": "Qwen3VLProcessor",
    "size": {"shortest_edge": 65_536, "longest_edge": 16_777_216},
    "patch_size": 16,
    "temporal_patch_size": 2,
    "merge_size": 2,
    "image_mean": [0.5, 0.5, 0.5],
    "image_std": [0.5, 0.5, 0.5],
}
VIDEOS: dict[str, Any] = {
    **{name: value for name, value in IMAGES.items() if name != "image_processor_type"},
    "video_processor_type": "Qwen3VLVideoProcessor",
    "size": {"shortest_edge": 4096, "longest_edge": 25_165_824},
}


def write_folder(folder: Path) -> Path:
    """Write config, tokenizer, processors and chat template."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    folder.mkdir(parents=True, exist_ok=True)
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    names = {number: name for name, number in SPECIALS.items()}
    vocabulary = {letter: number for number, letter in enumerate(letters)}
    vocabulary |= {names.get(n, f"<tok{n}>"): n for n in range(len(letters), VOCABULARY)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(name, special=True) for name in SPECIALS])
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        model_max_length=262_144,
        extra_special_tokens={
            "image_token": "<|image_pad|>",
            "video_token": "<|video_pad|>",
            "vision_bos_token": "<|vision_start|>",
            "vision_eos_token": "<|vision_end|>",
        },
    )
    fast.chat_template = TEMPLATE
    fast.save_pretrained(folder)
    (folder / "config.json").write_text(json.dumps(CONFIG, indent=1))
    (folder / "preprocessor_config.json").write_text(json.dumps(IMAGES, indent=1))
    (folder / "video_preprocessor_config.json").write_text(json.dumps(VIDEOS, indent=1))
    return folder


if __name__ == "__main__":
    print(write_folder(Path(sys.argv[1])))
