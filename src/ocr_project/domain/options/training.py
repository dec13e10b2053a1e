"""Options of the pipeline training: which model, what of it is trained, on how much, and how it is judged."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import Field, field_validator, model_validator

from ocr_project.domain.options.base import Options
from ocr_project.domain.options.chat import DialectName

_LEARNING_RATES = {"lora": 1e-4, "full": 1e-5}


class TrainingMethod(StrEnum):
    """What is trained."""

    LORA = "lora"  # small matrices beside those of the model
    FULL = "full"  # the model's own weights


class LoraWhere(StrEnum):
    """Which parts of a model get LoRA's matrices."""

    TEXT = "text"
    TEXT_PROJECTOR = "text+projector"
    ALL = "all"


class Optimizer(StrEnum):
    """How the weights that are trained, and what is remembered of their gradients, are held."""

    ADAMW = "adamw"  # float32 copies of weights that are bfloat16: 14 bytes a weight
    ADAMW_BF16 = "adamw_bf16"  # none: 6 bytes a weight, and small updates are lost to rounding
    ADAMW_8BIT = "adamw_8bit"  # bitsandbytes: 4 bytes a weight


class Schedule(StrEnum):
    """How the learning rate goes down after the warm-up."""

    COSINE = "cosine"
    LINEAR = "linear"
    CONSTANT = "constant"


class Sharding(StrEnum):
    """How several GPUs share one training."""

    REPLICAS = "replicas"  # each holds all weights (DDP): for LoRA, where they fit
    FSDP2 = "fsdp2"  # each holds its share


class LoraOptions(Options):
    """Low-rank adaptation."""

    rank: int = Field(16, ge=1, le=512, description="Rank of the matrices.")
    alpha: float = Field(32.0, gt=0, description="What they add is scaled by alpha / rank.")
    dropout: float = Field(0.0, ge=0, lt=1, description="Dropout before them; above 0, activations take a third more.")
    where: LoraWhere = Field(LoraWhere.TEXT, description="Parts that get them: text, text+projector or all.")
    pattern: str | None = Field(
        None, description="Regular expression of the full names of linear layers, in place of `where`."
    )


class FreezeOptions(Options):
    """Parts of the model that `method=full` leaves as they are."""

    vision: bool = Field(True, description="The vision tower.")
    projector: bool = Field(False, description="What turns its output into tokens: projector, mergers.")
    language: bool = Field(False, description="The language model, its embeddings and its head.")

    @model_validator(mode="after")
    def _something_left(self) -> Self:
        if self.vision and self.projector and self.language:
            raise ValueError("all parts are frozen: set one of freeze.vision, .projector and .language to false")
        return self


class AugmentationOptions(Options):
    """What is done to images while training, drawn from (seed, epoch, sample), so that a resumed run draws alike."""

    turn: float = Field(
        0.0,
        ge=0,
        le=1,
        description="Share of pages with facts (olmOCR's data) turned by 90, 180 or 270 degrees.",
    )
    noise: float = Field(0.0, ge=0, le=64, description="Largest standard deviation of grey levels added to an image.")
    jpeg: int | None = Field(None, ge=10, le=95, description="Lowest JPEG quality that an image is squeezed to.")


class TrainingOptions(Options):
    """From samples to a tuned model."""

    model: str = Field("Qwen/Qwen3-VL-8B-Instruct", description="Hub name or local folder of the model to start from.")
    revision: str | None = Field(None, description="Commit of the model. None: what the cache or the Hub has.")
    dialect: DialectName = Field(DialectName.AUTO, description="Prompts and answers; auto goes by the model's name.")
    max_pixels: int | None = Field(None, ge=784, description="Most pixels of an image. None: as the dialect says.")
    jpeg_quality: int | None = Field(
        92,
        ge=50,
        le=100,
        description="JPEG quality of images, as recognition's; None: not squeezed.",
    )
    method: TrainingMethod = Field(TrainingMethod.LORA, description="lora or full.")
    lora: LoraOptions = LoraOptions()
    freeze: FreezeOptions = FreezeOptions()
    four_bit: bool = Field(False, description="LoRA over a base in 4 bits (bitsandbytes): a quarter of its room.")
    optimizer: Optimizer = Field(
        Optimizer.ADAMW, description="adamw, adamw_bf16 (full only) or adamw_8bit (bitsandbytes)."
    )
    checkpoint_every: int | None = Field(
        None,
        ge=0,
        le=64,
        description="Activations are kept out of memory in every n-th layer, and computed again; 0: in none. None: in"
        " as few as `runtime.gpu_memory_gib` allows; where that is not set in all.",
    )
    compile: bool = Field(False, description="Compile the layers: minutes at the start, fewer kernels for each step.")
    tokens_per_pack: int = Field(8192, ge=64, description="Tokens of images and text that a card works on at once.")
    packs_per_update: int = Field(4, ge=1, description="Packs of all cards together for one update of the weights.")
    epochs: int = Field(1, ge=1, le=1000, description="How often each sample is seen.")
    updates: int | None = Field(None, ge=1, description="Updates after which it ends. None: when the epochs do.")
    learning_rate: float | None = Field(None, gt=0, description="Highest. None: 1e-4 for LoRA, 1e-5 for full.")
    schedule: Schedule = Field(Schedule.COSINE, description="cosine, linear or constant.")
    warmup: float = Field(0.03, ge=0, lt=1, description="Share of the updates over which the learning rate goes up.")
    weight_decay: float = Field(0.0, ge=0, description="AdamW's, on matrices.")
    clip: float = Field(1.0, ge=0, description="Largest norm of a gradient; 0: not clipped.")
    known: tuple[str, ...] = Field(
        (),
        description="Sources, or their beginnings, that are replayed: what the model should not forget.",
    )
    replay: float = Field(0.0, ge=0, lt=1, description="Share of an epoch's samples that is drawn from `known`.")
    augmentation: AugmentationOptions = AugmentationOptions()
    devices: int = Field(1, ge=1, le=64, description="GPUs of this machine; where there is none, processes on CPUs.")
    sharding: Sharding = Field(
        Sharding.REPLICAS, description="replicas, or fsdp2 where a card can't hold all weights."
    )
    workers: int = Field(2, ge=0, le=64, description="Processes that prepare images, for each card.")
    save_minutes: float = Field(20.0, gt=0, description="Minutes between checkpoints; each is as large as its states.")
    keep: int = Field(2, ge=1, description="Checkpoints that are kept.")
    score_items: int = Field(200, ge=0, description="Samples of `valid` that base and tuned read; 0: none is read.")
    score_updates: int = Field(0, ge=0, description="Updates between looks at the loss on `valid`; 0: none.")
    answer_tokens: int = Field(4096, ge=1, description="Longest answer of a model that is scored, in tokens.")
    device: str = Field("auto", description="cpu, cuda; auto: the GPU, else the CPU.")
    seed: int = Field(23, ge=0, description="Of the order of samples, of LoRA's start, of augmentation.")

    @field_validator("known", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return tuple(filter(None, value.split("+"))) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _together(self) -> Self:
        if self.four_bit and self.method is TrainingMethod.FULL:
            raise ValueError("four_bit is for method=lora: weights in 4 bits cannot be trained themselves")
        if self.four_bit and self.sharding is Sharding.FSDP2:
            raise ValueError("four_bit and sharding=fsdp2 have not been tried together: set sharding=replicas")
        if self.optimizer is Optimizer.ADAMW_BF16 and self.method is TrainingMethod.LORA:
            raise ValueError("optimizer=adamw_bf16 is for method=full: LoRA's matrices are float32, and small")
        if self.replay and not self.known:
            raise ValueError("replay needs `known`: the sources to draw from")
        if self.method is TrainingMethod.FULL and self.sharding is Sharding.REPLICAS and self.devices > 1:
            raise ValueError("method=full on several cards needs sharding=fsdp2: replicas would all hold everything")
        if self.packs_per_update % self.devices:
            raise ValueError(
                f"packs_per_update ({self.packs_per_update}) is not a multiple of devices ({self.devices})"
            )
        return self

    @property
    def recomputed_every(self) -> int:
        """Return `checkpoint_every`; 1 where it has not been chosen."""
        return 1 if self.checkpoint_every is None else self.checkpoint_every

    @property
    def highest_learning_rate(self) -> float:
        """Return the highest learning rate, as given or by the method."""
        return self.learning_rate or _LEARNING_RATES[self.method.value]
