"""A PP-DocLayoutV3 of 0.2 M random parameters, the official post-processing, and pages to look at."""

from __future__ import annotations

import sys
from contextlib import suppress
from functools import cache
from importlib import import_module
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray


def write_checkpoint(folder: Path, *, seed: int = 0) -> Path:
    """Write a loadable checkpoint whose regions are many, of all sizes and of all labels."""
    import torch
    from transformers import HGNetV2Config, PPDocLayoutV3Config, PPDocLayoutV3ForObjectDetection

    backbone = HGNetV2Config(
        stem_channels=[3, 8, 8],
        stage_in_channels=[8, 16, 16, 16],
        stage_mid_channels=[8] * 4,
        stage_out_channels=[16] * 4,
        stage_num_blocks=[1] * 4,
        stage_numb_of_layers=[1] * 4,
        stage_light_block=[False] * 4,
        stage_kernel_size=[3] * 4,
        hidden_sizes=[16] * 4,
        depths=[1] * 4,
        embedding_size=8,
        out_features=["stage1", "stage2", "stage3", "stage4"],
    )
    config = PPDocLayoutV3Config(
        num_labels=25,
        backbone_config=backbone,
        encoder_in_channels=[16] * 3,
        decoder_in_channels=[32] * 3,
        d_model=32,
        encoder_hidden_dim=32,
        encoder_ffn_dim=32,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        decoder_ffn_dim=32,
        decoder_layers=2,
        num_queries=40,
        num_denoising=0,
        mask_feature_channels=[8, 8],
        x4_feat_dim=16,
        num_prototypes=8,
        global_pointer_head_size=8,
    )
    torch.manual_seed(seed)
    model = PPDocLayoutV3ForObjectDetection(config).eval()
    sizes = [(330, 470), (470, 330), (800, 800), (200, 900)]
    pages = [torch.from_numpy(cv2.resize(draw_page(*size, seed=n), (800, 800))) for n, size in enumerate(sizes)]
    awaken(model, torch.stack(pages).permute(0, 3, 1, 2).float() / 255)
    model.save_pretrained(folder)
    return folder


def awaken(model: Any, pixels: Any) -> None:
    """Give random weights of a size that lets the page through, and heads that say different things of each query.

    As transformers initialises it, all queries of a random model are alike: their scores and boxes are one. Here
    a dozen scores are above 0.3, boxes over the page, most of them small.

    Args:
        model: On any device.
        pixels: Shape (pages, 3, 800, 800), 0 to 1: pages to set the heads by.
    """
    import torch

    inner = model.model
    layers = len(inner.decoder.layers)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, torch.nn.Conv2d):
                torch.nn.init.kaiming_normal_(module.weight)
            elif isinstance(module, torch.nn.Linear):
                torch.nn.init.xavier_normal_(module.weight)
        for _ in range(2):  # boxes steer what the next layer sees
            # Random masks are as wide as the page, 11.5 as a logit; each layer adds its correction to it.
            _standardise(
                model,
                pixels,
                inner.decoder.bbox_embed.layers[-1],
                [0.0, 0.0, -13.0 / layers, -14.0 / layers],
                1.2 / layers**0.5,
            )
            _standardise(model, pixels, inner.decoder.class_embed, [-4.3] * 25, 2.0)


def _standardise(model: Any, pixels: Any, head: Any, means: list[float], deviation: float) -> None:
    """Scale a head so that what it says over all queries has these means and this deviation."""
    import torch

    heard: list[Any] = []
    hook = head.register_forward_hook(lambda module, given, said: heard.append(said.flatten(0, 1)))
    model(pixel_values=pixels)
    hook.remove()
    said = torch.cat(heard)
    if len(set(means)) == 1:  # all alike, so that the ranks of the classes, by which queries are chosen, stay
        said = said.flatten()[:, None]
    scale = deviation / said.std(0).clamp(min=1e-6)
    head.weight.mul_(scale[:, None])
    head.bias.copy_((head.bias - said.mean(0)) * scale + torch.tensor(means, device=scale.device))


@cache
def official_processor() -> Any:
    """Return transformers' own processor, for its post-processing, also where torchvision cannot be had.

    Its file imports torchvision at the top and uses it for resizing alone; where it is not there, a name
    stands in for it while the file is imported.
    """
    name = "image_processing_pp_doclayout_v3"
    package = "transformers.models.pp_doclayout_v3"
    with suppress(ImportError, RuntimeError):
        import torchvision  # noqa: F401

        return import_module(f"{package}.{name}").PPDocLayoutV3ImageProcessor()
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    own = spec_from_file_location(f"{package}.{name}_alone", Path(spec.origin).with_name(f"{name}.py"))
    assert own is not None
    assert own.loader is not None
    module = module_from_spec(own)
    names = ["torchvision", "torchvision.transforms", "torchvision.transforms.v2"]
    stand_ins = {name: ModuleType(name) for name in names} | {own.name: module}
    stand_ins[names[-1]].functional = None  # type: ignore[attr-defined]
    sys.modules.update(stand_ins)
    try:
        own.loader.exec_module(module)
    finally:
        for name in stand_ins:
            del sys.modules[name]
    processor = object.__new__(module.PPDocLayoutV3ImageProcessor)
    processor.size = {"height": 800, "width": 800}
    return processor


def draw_page(width: int, height: int, *, seed: int = 0) -> NDArray[np.uint8]:
    """Draw something like a page: lines of dashes, a ruled table, a coloured picture."""
    random = np.random.default_rng(seed)
    pixels = np.full((height, width, 3), 255, np.uint8)
    margin, line = max(1, width // 12), max(2, height // 60)
    for y in range(margin, height // 2, 2 * line):
        x = margin
        while x < width - margin:
            word = int(random.integers(line, 5 * line))
            cv2.rectangle(pixels, (x, y), (min(x + word, width - margin), y + line), (20, 20, 20), -1)
            x += word + line
    for step in range(4):
        y = height // 2 + step * 2 * line
        cv2.line(pixels, (margin, y), (width - margin, y), (0, 0, 0), 1)
    colour = tuple(int(value) for value in random.integers(0, 255, 3))
    cv2.rectangle(pixels, (margin, height * 3 // 4), (width - margin, height - margin), colour, -1)
    return pixels
