"""Servers that the pipeline starts, watches and stops: recognition and embedding have them alike."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, field_validator

from ocr_project.domain.options.base import Options

URL_SEPARATOR = "+"
AUTO: Literal["auto"] = "auto"
MANY_REPLICAS = 4  # of `auto`; five were 1.05 times as fast on an H200 (docs/log.md, 2026-11-30)
_SIZED = "--kv-cache-memory-bytes"


class Sharing(StrEnum):
    """How the servers of one GPU share it."""

    AUTO = "auto"
    MPS = "mps"
    TIME = "time"


class VisionCompile(StrEnum):
    """Which part of the vision tower goes through torch.compile."""

    AUTO = "auto"
    EAGER = "eager"
    LENGTH = "length"
    BLOCKS = "blocks"
    TOWER = "tower"


class ServerOptions(Options):
    """vLLM's servers and how they are asked, whatever they serve."""

    option: ClassVar[str] = "recognition.vllm"  # where these options stand, for messages

    model: str = Field(description="Hub name or local folder.")
    revision: str | None = Field(None, description="Commit of the model. None: what the cache or the Hub has.")
    urls: tuple[str, ...] = Field(
        (),
        description="Servers that run already, in YAML a list, elsewhere joined by `+` (`http://host:8000`). None: our"
        " own.",
    )
    api_key_env: str | None = Field(None, description="Environment variable that holds the key of those servers.")
    gpus: tuple[int, ...] = Field((0,), min_length=1, description="Numbers of the GPUs on which servers are started.")
    replicas: Annotated[int, Field(ge=1, le=16)] | Literal["auto"] = Field(
        1,
        description="Servers on each GPU: a small model needs several to fill it. auto: by the pages to read, one for"
        " few, which is ready sooner, four for many.",
    )
    sharing: Sharing = Field(
        Sharing.AUTO,
        description="mps: the servers of a GPU run at once, through NVIDIA's Multi-Process Service. time: in turns."
        " auto: mps where there are several and the driver's program is there.",
    )
    requests: int = Field(256, ge=1, description="Requests in flight over all shards and servers.")
    gpu_memory_utilization: float = Field(
        0.75, gt=0, le=1, description="Share of a GPU's memory for vLLM; its replicas share it evenly."
    )
    quantization: str | None = Field(
        None,
        description="None: as the weights are. fp8: less memory and energy; what it does to results was not judged"
        " here (docs/gpu.md).",
    )
    max_model_len: int = Field(32768, ge=1024, description="Tokens of prompt and answer together.")
    max_num_batched_tokens: int = Field(16384, ge=1024, description="Tokens in one step of a server.")
    max_num_seqs: int = Field(512, ge=1, description="Sequences in one step of a server.")
    chunked_prefill: bool = Field(True, description="Split long prompts over steps.")
    compile_vision: VisionCompile = Field(
        VisionCompile.EAGER,
        description="How the vision tower of GLM-OCR and Qwen3-VL runs (engine/models/served/vision_*.py). eager: as"
        " vLLM has it. length: without waiting for the GPU, norms by vLLM's kernel. blocks, tower: through"
        " torch.compile. auto: blocks, where there are pages enough to be worth it (engine/models/served/scale.py)."
        " olmOCR (Qwen2.5-VL): norms by the kernel with all but eager.",
    )
    prefix_caching: bool = Field(
        False, description="Keep what was computed of an image for the next question about it (`urls`: no effect)."
    )
    renderer_workers: int = Field(2, ge=1, le=32, description="Threads of a server that prepare images.")
    threads: int = Field(1, ge=1, description="OMP_NUM_THREADS of a server: more fight for the cores.")
    server_args: tuple[str, ...] = Field((), description="More arguments of `vllm serve`, for example `--dtype=half`.")
    command: tuple[str, ...] = Field((), description="What stands before `serve`. None: this Python's vllm.")
    logs: Path = Field(Path("logs/vllm"), description="Folder of the servers' logs.")
    startup_seconds: float = Field(
        900, gt=0, description="Seconds that a server may take to be ready, downloads included."
    )
    connect_seconds: float = Field(10, gt=0, description="Seconds to open a connection.")
    read_seconds: float = Field(
        600,
        gt=0,
        description="Seconds of silence on a connection. Answers come whole, and 8,192 tokens may take 8 minutes.",
    )
    request_seconds: float = Field(900, gt=0, description="Seconds for one try as a whole.")
    retries: int = Field(5, ge=0, description="Tries after the first where the server or the network fails.")
    restarts: int = Field(5, ge=0, description="Times that each server is started again after it died.")
    patience_seconds: float = Field(
        300, gt=0, description="Seconds without an answer from any server, after which the run ends."
    )

    @property
    def most_replicas(self) -> int:
        """The servers on each GPU at most."""
        return MANY_REPLICAS if self.replicas == AUTO else self.replicas

    @property
    def admitted_together(self) -> int:
        """New requests that a server lets in together, where its answers are written token by token; 0: each alone."""
        return 0

    @property
    def is_sized(self) -> bool:
        """Whether a server is told what it may take of a GPU's memory, and does not measure what is free.

        Servers that measure start one after another, and nothing else may begin or end on the card meanwhile.
        """
        return any(argument.startswith(_SIZED) for argument in self.server_args)

    @field_validator("urls", mode="before")
    @classmethod
    def _joined(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part for part in value.split(URL_SEPARATOR) if part)
        return value
