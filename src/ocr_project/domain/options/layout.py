"""Options of the stage layout."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, field_validator

from ocr_project.domain.options.base import Options
from ocr_project.domain.tasks import PP_DOCLAYOUT_LABELS


class LayoutBackend(StrEnum):
    """The detectors."""

    OPENCV = "opencv"
    WHOLE_PAGE = "whole_page"
    PP_DOCLAYOUT_V3 = "pp_doclayout_v3"


class MergeMode(StrEnum):
    """What becomes of a region that lies in another (PaddleX's names)."""

    UNION = "union"
    LARGE = "large"
    SMALL = "small"


class OpenCvLayoutOptions(Options):
    """Classical layout analysis; lengths are in lines of body text, so that resolution does not matter."""

    deskew: bool = Field(True, description="Estimate skew up to 10 degrees and read along it.")
    turn: bool = Field(
        True, description="Recognise pages scanned on their side or, without a text layer, upside down."
    )


class Precision(StrEnum):
    """Precision of a model's matrix products; boxes, scores and order are fp32 in each."""

    FP32 = "fp32"
    TF32 = "tf32"
    BF16 = "bf16"


class PpDocLayoutOptions(Options):
    """PP-DocLayoutV3, 25 labels, 33.2 M parameters."""

    checkpoint: str = Field("PaddlePaddle/PP-DocLayoutV3_safetensors", description="Hub name or local folder.")
    revision: str | None = Field(None, description="Commit of the checkpoint. None: what the cache or the Hub has.")
    device: str = Field("cuda", pattern=r"^(cpu|cuda(:\d+)?)$", description="cuda, cuda:1, … or cpu (slow).")
    gpus: tuple[int, ...] = Field(
        (),
        description="Numbers of the GPUs that find regions side by side, each with the model. None: `device`. With"
        " `device: cpu`, as many copies on the CPU.",
    )
    precision: Precision = Field(
        Precision.TF32, description="fp32, tf32 or bf16 on the GPU; the CPU has fp32 (also for tf32) and bf16."
    )
    compile: bool = Field(
        False, description="torch.compile: pages go faster after a minute of compiling; needs a C compiler."
    )
    batch_pages: int = Field(32, ge=1, le=4096, description="Pages in one forward pass.")
    decoders: int = Field(0, ge=0, le=1024, description="Threads that decode PNG, and JPEG off the GPU; 0: the cores.")
    threshold: float = Field(0.3, ge=0, le=1, description="Least score of a region.")
    thresholds: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field(
        {}, description="Least score by the model's own label, where it is another."
    )
    nms: bool = Field(True, description="Of regions on the same spot keep the one with the best score.")
    merge: dict[str, MergeMode] = Field(
        {"reference": MergeMode.SMALL},
        description="What becomes of regions inside of others, by the model's own label: large drops what lies in a"
        " region of this label, small drops what one of this label lies in, union keeps both. The others: large.",
    )
    mutual: bool = Field(
        True,
        description="Of two regions that lie in each other keep the one with the better score. False: drop both, as"
        " the GLM-OCR SDK does.",
    )
    polygons: bool = Field(False, description="Outline regions by the model's masks, not by boxes alone; slower.")

    @field_validator("thresholds", "merge")
    @classmethod
    def _known(cls, value: dict[str, Any]) -> dict[str, Any]:
        if unknown := sorted(set(value) - set(PP_DOCLAYOUT_LABELS)):
            raise ValueError(f"unknown labels: {', '.join(unknown)}; PP-DocLayoutV3 has {PP_DOCLAYOUT_LABELS}")
        return value


class LayoutOptions(Options):
    """From pages to regions in reading order."""

    backend: LayoutBackend = Field(LayoutBackend.OPENCV, description="Which detector.")
    opencv: OpenCvLayoutOptions = OpenCvLayoutOptions()
    pp_doclayout_v3: PpDocLayoutOptions = PpDocLayoutOptions()
