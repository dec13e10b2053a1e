"""A Qwen3-VL of a third of a million random weights: real classes, real files, no meaning.

Also the reference: what the model card of Qwen3-VL-Embedding says, written down in plain steps and with nothing of the
project. And a server's answer to `/v1/embeddings`, computed with the model from what it is sent.
"""

from __future__ import annotations

import base64
import io
import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

END = "<|endoftext|>"
SPECIALS = (
    END,
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|image_pad|>",
    "<|video_pad|>",
)
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{% for c in m.content %}"
    "{% if c.type in ('image', 'image_url') %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% else %}{{ c.text }}{% endif %}{% endfor %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
INSTRUCTION = "Represent the user's input."
QUERY = "Retrieve images or text relevant to the user's query."
LEAST, MOST = 4 * 32 * 32, 64 * 32 * 32  # pixels; the real most is 1,800 x 32 x 32
HIDDEN = 64


def build(folder: Path, *, closing: bool = False) -> Path:
    """Write a checkpoint that `from_pretrained` loads.

    Args:
        closing: Whether its tokenizer closes each input with an end mark, as some checkpoints' do.
    """
    import torch
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast, Qwen3VLConfig, Qwen3VLForConditionalGeneration

    folder = folder / "tiny-Qwen3-VL-Embedding"
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {letter: number for number, letter in enumerate([*letters, *SPECIALS])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(name, special=True) for name in SPECIALS])
    if closing:
        tokenizer.post_processor = processors.TemplateProcessing(
            single=f"$A {END}", special_tokens=[(END, vocabulary[END])]
        )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|im_end|>",
        pad_token=END,
        extra_special_tokens={"image_token": "<|image_pad|>", "video_token": "<|video_pad|>"},
    )
    fast.chat_template = TEMPLATE
    fast.save_pretrained(folder)
    torch.manual_seed(0)
    config = Qwen3VLConfig(**_config(vocabulary))
    model = Qwen3VLForConditionalGeneration(config)
    model.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps(_PREPROCESSOR))
    videos = {name: value for name, value in _PREPROCESSOR.items() if name != "image_processor_type"}
    videos |= {"video_processor_type": "Qwen3VLVideoProcessor", "size": {"shortest_edge": 4096, "longest_edge": 65536}}
    (folder / "video_preprocessor_config.json").write_text(json.dumps(videos))
    return folder


def _config(vocabulary: dict[str, int]) -> dict[str, Any]:
    return {
        "text_config": {
            "vocab_size": len(vocabulary),
            "hidden_size": HIDDEN,
            "intermediate_size": 128,
            "num_hidden_layers": 3,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "head_dim": 32,  # the least that vLLM's attention takes in float32
            "initializer_range": 0.1,  # small weights would hide a wrong prompt: all vectors would be alike
            "max_position_embeddings": 4096,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 1e4,
                "mrope_section": [6, 5, 5],
                "mrope_interleaved": True,  # transformers always does; vLLM looks here
            },
            "tie_word_embeddings": True,
        },
        "vision_config": {
            "depth": 3,
            "hidden_size": 64,
            "intermediate_size": 128,
            "num_heads": 4,
            "patch_size": 16,
            "out_hidden_size": HIDDEN,
            "num_position_embeddings": 256,
            "deepstack_visual_indexes": [0, 1],
            "initializer_range": 0.1,
        },
        "image_token_id": vocabulary["<|image_pad|>"],
        "video_token_id": vocabulary["<|video_pad|>"],
        "vision_start_token_id": vocabulary["<|vision_start|>"],
        "vision_end_token_id": vocabulary["<|vision_end|>"],
        "tie_word_embeddings": True,
    }


_PREPROCESSOR = {
    "image_processor_type": "Qwen2VLImageProcessor",
    "processor_class": "Qwen3VLProcessor",
    "size": {"shortest_edge": 65536, "longest_edge": 16777216},  # as in the real model: to be overridden
    "patch_size": 16,
    "temporal_patch_size": 2,
    "merge_size": 2,
    "image_mean": [0.5, 0.5, 0.5],
    "image_std": [0.5, 0.5, 0.5],
}


class ReferenceEmbedder:
    """The model card, step by step, one input at a time."""

    def __init__(self, folder: Path) -> None:
        from transformers import AutoImageProcessor, AutoTokenizer, Qwen3VLModel

        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.images = AutoImageProcessor.from_pretrained(folder)
        self.model = Qwen3VLModel.from_pretrained(folder).eval()
        self._lock = threading.Lock()

    def text(self, text: str, instruction: str = INSTRUCTION) -> NDArray[np.float32]:
        """Return the vector of a text: shape (HIDDEN,), length one."""
        return self.vector(
            f"<|im_start|>system\n{instruction}<|im_end|>\n<|im_start|>user\n{text}<|im_end|>\n<|im_start|>assistant\n"
        )

    def image(self, image: bytes, instruction: str = INSTRUCTION) -> NDArray[np.float32]:
        """Return the vector of an image, JPEG or PNG."""
        from PIL import Image

        picture = Image.open(io.BytesIO(image)).convert("RGB")
        high, wide = resized(picture.height, picture.width)
        seen = self.images(
            images=[picture.resize((wide, high))], do_resize=False, return_tensors="pt"
        )  # Pillow's own default is bicubic, as qwen-vl-utils has it
        marks = "<|image_pad|>" * (high * wide // 1024)
        return self.vector(
            f"<|im_start|>system\n{instruction}<|im_end|>\n<|im_start|>user\n<|vision_start|>{marks}<|vision_end|>"
            "<|im_end|>\n<|im_start|>assistant\n",
            seen,
        )

    def vector(self, prompt: str, seen: Mapping[str, Any] | None = None, **how: Any) -> NDArray[np.float32]:
        """Return the vector of a prompt that is written out, with what the image processor made of its image."""
        import torch

        ids = self.tokenizer(prompt, return_tensors="pt", **how)["input_ids"]
        inputs: dict[str, Any] = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
        if seen is not None:
            pads = ids == self.tokenizer.convert_tokens_to_ids("<|image_pad|>")
            inputs |= {**seen, "mm_token_type_ids": pads.long()}
        with self._lock, torch.inference_mode():
            last = self.model(**inputs).last_hidden_state[0, -1]
        normalised: NDArray[np.float32] = torch.nn.functional.normalize(last, dim=0).numpy()
        return normalised

    def answer(self, request: Mapping[str, Any], limits: Mapping[str, Any], most: int) -> tuple[int, bytes]:
        """Do what vLLM does with a request: the checkpoint's own template and sizes, as the request and limits say.

        Args:
            limits: What the server was started with (`--mm-processor-kwargs`).
            most: `--max-model-len`.
        """
        from PIL import Image

        template = self.tokenizer.apply_chat_template(
            request["messages"], tokenize=False, add_generation_prompt=request.get("add_generation_prompt", False)
        )
        images = []
        for part in (part for message in request["messages"] for part in message["content"]):
            if part["type"] == "image_url":
                head, data = part["image_url"]["url"].split(",", 1)
                assert head in ("data:image/png;base64", "data:image/jpeg;base64")
                images.append(Image.open(io.BytesIO(base64.b64decode(data, validate=True))).convert("RGB"))
        seen = None
        if images:
            seen = self.images(
                images=images, return_tensors="pt", **{**limits, **request.get("mm_processor_kwargs", {})}
            )
            (grid,) = seen["image_grid_thw"].tolist()
            template = template.replace("<|image_pad|>", "<|image_pad|>" * (int(np.prod(grid)) // 4))
        special = request.get("add_special_tokens", False)
        count = len(self.tokenizer(template, add_special_tokens=special)["input_ids"])
        if count > most:
            message = f"This model's maximum context length is {most} tokens. However, your request has {count}."
            return 400, json.dumps({"error": {"message": message, "code": 400}}).encode()
        vector = self.vector(template, seen, add_special_tokens=special)
        if request.get("dimensions"):
            return 400, b'{"error": {"message": "the model does not support matryoshka representation"}}'
        encoded: Any = vector.tolist()
        if request.get("encoding_format") == "base64":
            encoded = base64.b64encode(vector.astype("<f4").tobytes()).decode()
        data = [{"index": 0, "object": "embedding", "embedding": encoded}]
        usage = {"prompt_tokens": count, "total_tokens": count}
        return 200, json.dumps({"id": "embd-x", "object": "list", "data": data, "usage": usage}).encode()


def resized(height: int, width: int) -> tuple[int, int]:
    """Return the size that qwen-vl-utils gives an image: multiples of 32 within the limits."""
    high, wide = max(32, round(height / 32) * 32), max(32, round(width / 32) * 32)
    if high * wide > MOST:
        beta = (height * width / MOST) ** 0.5
        high, wide = int(height / beta // 32) * 32, int(width / beta // 32) * 32
    elif high * wide < LEAST:
        beta = (LEAST / (height * width)) ** 0.5
        high, wide = -int(-height * beta // 32) * 32, -int(-width * beta // 32) * 32
    return high, wide
