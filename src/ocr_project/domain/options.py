"""Every option, its default and its unit: the only place where a default lives.

`conf/<env>/parameters.yml` states only what differs from here. Nodes take these models as typed
`params:`, so Kedro refuses a wrong configuration before the first node runs.
"""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from ocr_project.domain.tasks import PP_DOCLAYOUT_LABELS
from ocr_project.domain.types import Task

LANGUAGE_SEPARATOR = "+"
SET_SEPARATOR = "+"


class Options(BaseModel):
    """Base of all options: frozen, and a misspelt name is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


class RuntimeOptions(Options):
    """How the machine is used. Nothing here changes a result, so nothing here is part of a key."""

    workers: int = Field(0, ge=0, le=1024, description="Pages worked on at once; 0 is one for each core.")
    progress: bool = Field(True, description="Show a progress bar with pages/s and time left.")
    ahead: int = Field(4, ge=1, le=1024, description="Pages queued for each worker: bounds memory, hides reading.")

    failures_are_errors: bool = Field(
        True, description="End with exit status 3 where documents or pages failed; everything is saved either way."
    )
    gpu_memory_gib: float = Field(
        0,
        ge=0,
        description="GiB of memory of the GPU that a profile is made for; 0: any. Only `kedro doctor` reads it.",
    )
    # One dial, and not a price of electricity beside it: 700 W for an hour are a fraction of what a card is rented
    # for, or loses in value. Watt-hours are measured and stand beside the cost, for whoever owns the card.
    gpu_hour_price: float = Field(
        0, ge=0, description="Of one GPU for one hour, in any currency, for the cost of 1,000 pages; 0: not shown."
    )


class TextLayer(StrEnum):
    """What becomes of the text layer of a born-digital PDF."""

    OFF = "off"
    REFERENCE = "reference"
    PREFER = "prefer"


class IngestOptions(Options):
    """From files to pages."""

    source: str | None = Field(
        None,
        description="Folder of PDFs and images, folder of the SDS-KoPub Parquet files, or `hf://datasets/…`."
        " None: data/01_raw/documents, or the bundled samples while that folder is empty.",
    )
    include: tuple[str, ...] = Field(
        ("**/*",), description="Glob patterns of the files to take, relative to the source."
    )
    limit: int | None = Field(None, ge=1, description="Take the first N pages only. None: all.")
    dpi: int = Field(200, ge=36, le=1200, description="Resolution at which PDF pages are rendered.")
    text_layer: TextLayer = Field(
        TextLayer.REFERENCE,
        description="off: not read. reference: kept beside the page. prefer: a healthy one replaces OCR.",
    )
    jpeg_quality: int = Field(92, ge=50, le=100, description="Of pages that have to be encoded and hold photographs.")
    max_pixels: int = Field(
        100_000_000, ge=1, description="Pages of more pixels than this are refused (a bomb, or a mistake)."
    )
    shard_pages: int = Field(32, ge=1, le=100_000, description="Pages in a shard, about: saved and resumed as one.")


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
    turn: bool = Field(True, description="Recognise pages scanned at 90 or 270 degrees.")


class Precision(StrEnum):
    """In what a model multiplies; boxes, scores and order are fp32 in each."""

    FP32 = "fp32"
    TF32 = "tf32"
    BF16 = "bf16"


class PpDocLayoutOptions(Options):
    """PP-DocLayoutV3, 25 labels, 33.2 M parameters."""

    checkpoint: str = Field("PaddlePaddle/PP-DocLayoutV3_safetensors", description="Hub name or local folder.")
    revision: str | None = Field(None, description="Commit of the checkpoint. None: what the cache or the Hub has.")
    device: str = Field("cuda", pattern=r"^(cpu|cuda(:\d+)?)$", description="cuda, cuda:1, … or cpu (slow).")
    precision: Precision = Field(
        Precision.TF32, description="fp32, tf32 or bf16 on the GPU; the CPU knows fp32 (also for tf32) and bf16."
    )
    compile: bool = Field(
        False, description="torch.compile: pages go faster after a minute of compiling; wants a C compiler."
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
            raise ValueError(f"{', '.join(unknown)}: no label of PP-DocLayoutV3; there are {PP_DOCLAYOUT_LABELS}")
        return value


class LayoutOptions(Options):
    """From pages to regions in reading order."""

    backend: LayoutBackend = Field(LayoutBackend.OPENCV, description="Which detector.")
    opencv: OpenCvLayoutOptions = OpenCvLayoutOptions()
    pp_doclayout_v3: PpDocLayoutOptions = PpDocLayoutOptions()


class RecognitionBackend(StrEnum):
    """The recognizers."""

    TESSERACT = "tesseract"
    VLLM = "vllm"
    TRANSFORMERS = "transformers"


class TesseractOptions(Options):
    """Tesseract's LSTM through tesserocr."""

    languages: str = Field(
        "kor+eng+rus",
        description="Tesseract's names joined by `+`: the languages that the corpus may hold.",
    )
    tessdata: Path | None = Field(
        None, description="Folder of `*.traineddata`. None: TESSDATA_PREFIX, then Debian's folder."
    )

    @field_validator("languages")
    @classmethod
    def _named(cls, value: str) -> str:
        if not all(part.strip() for part in value.split(LANGUAGE_SEPARATOR)):
            raise ValueError(f"{value!r} is not a list of languages: write for example 'kor+eng'")
        return value


class DialectName(StrEnum):
    """How a vision-language model is spoken to."""

    AUTO = "auto"
    GLM_OCR = "glm_ocr"
    PADDLEOCR_VL = "paddleocr_vl"
    OLMOCR = "olmocr"
    CHAT = "chat"


class TokenLimits(Options):
    """The longest answer by task, in tokens: a runaway answer costs no more."""

    text: int = Field(2048, ge=1, description="Tokens of a text region.")
    table: int = Field(4096, ge=1, description="Tokens of a table.")
    formula: int = Field(1024, ge=1, description="Tokens of a formula.")
    page: int = Field(8192, ge=1, description="Tokens of a whole page.")


class VisionModelOptions(Options):
    """What every backend with a vision-language model has."""

    model: str = Field("zai-org/GLM-OCR", description="Hub name or local folder.")
    revision: str | None = Field(None, description="Commit of the model. None: what the cache or the Hub has.")
    dialect: DialectName = Field(DialectName.AUTO, description="Prompts and answers; auto goes by the model's name.")
    max_pixels: int | None = Field(None, ge=784, description="Most pixels of a crop. None: as the dialect says.")
    max_tokens: TokenLimits = TokenLimits()
    jpeg_quality: int | None = Field(92, ge=50, le=100, description="Of crops on their way; None: PNG, 2.5 x the CPU.")
    temperatures: tuple[float, ...] = Field(
        (0.2, 0.5, 0.8), description="Sampling of the second, third, … time that a region is asked for."
    )
    loops: bool = Field(True, description="Take looped, cut and empty answers for faults, and ask again.")
    whole_page: bool = Field(True, description="Look for what cannot be read in the answer for the whole page.")
    crop_workers: int = Field(
        0, ge=0, le=256, description="Processes that cut and encode crops; 0 is one for four cores, at least two."
    )


class VisionCompile(StrEnum):
    """What of the vision tower goes through torch.compile."""

    EAGER = "eager"
    LENGTH = "length"
    BLOCKS = "blocks"
    TOWER = "tower"


class Sharing(StrEnum):
    """How the servers of one GPU share it."""

    AUTO = "auto"
    MPS = "mps"
    TIME = "time"


class ServerOptions(Options):
    """vLLM's servers and how they are asked, whatever they serve."""

    option: ClassVar[str] = "recognition.vllm"  # where these options stand, for messages

    model: str = Field(description="Hub name or local folder.")
    revision: str | None = Field(None, description="Commit of the model. None: what the cache or the Hub has.")
    urls: tuple[str, ...] = Field((), description="Servers that run already (`http://host:8000`). None: our own.")
    api_key_env: str | None = Field(None, description="Environment variable that holds the key of those servers.")
    gpus: tuple[int, ...] = Field((0,), min_length=1, description="Numbers of the GPUs on which servers are started.")
    replicas: int = Field(1, ge=1, le=16, description="Servers on each GPU: a small model needs several to fill it.")
    sharing: Sharing = Field(
        Sharing.AUTO,
        description="mps: the servers of a GPU run at once, through NVIDIA's Multi-Process Service. time: by turns."
        " auto: mps where there are several and the driver's program is there.",
    )
    requests: int = Field(256, ge=1, description="Requests in flight over all shards and servers.")
    gpu_memory_utilization: float = Field(
        0.75, gt=0, le=1, description="Share of a GPU's memory for vLLM; its replicas share it evenly."
    )
    quantization: str | None = Field("fp8", description="fp8, or None for bf16.")
    max_model_len: int = Field(32768, ge=1024, description="Tokens of prompt and answer together.")
    max_num_batched_tokens: int = Field(16384, ge=1024, description="Tokens in one step of a server.")
    max_num_seqs: int = Field(512, ge=1, description="Sequences in one step of a server.")
    chunked_prefill: bool = Field(True, description="Split long prompts over steps.")
    renderer_workers: int = Field(2, ge=1, le=32, description="Threads of a server that prepare images.")
    threads: int = Field(1, ge=1, description="OMP_NUM_THREADS of a server: more fight for the cores.")
    server_args: tuple[str, ...] = Field((), description="More arguments of `vllm serve`, for example `--dtype=half`.")
    command: tuple[str, ...] = Field((), description="What stands before `serve`. None: this Python's vllm.")
    logs: Path = Field(Path("logs/vllm"), description="Folder of the servers' logs.")
    startup_seconds: float = Field(900, gt=0, description="Within which a server has to be ready, downloads included.")
    connect_seconds: float = Field(10, gt=0, description="To open a connection.")
    read_seconds: float = Field(300, gt=0, description="Of silence on a connection: answers come in one piece.")
    request_seconds: float = Field(600, gt=0, description="For the whole of one try.")
    retries: int = Field(5, ge=0, description="Tries after the first where the server or the line is at fault.")
    restarts: int = Field(5, ge=0, description="Times that a server that died is started again, each.")
    patience_seconds: float = Field(
        300, gt=0, description="Without an answer from any server, after which the run ends."
    )


class VllmOptions(VisionModelOptions, ServerOptions):
    """A vision-language model behind vLLM's OpenAI-compatible server."""

    compile_vision: VisionCompile = Field(
        VisionCompile.EAGER, description="GLM-OCR's vision tower another way (engine/serving/vision_tower.py)."
    )


class TransformersOptions(VisionModelOptions):
    """The same models in this process, through transformers: the reference to compare a server with."""

    device: str = Field("auto", description="cpu, cuda, cuda:1, …; auto: the first GPU, else the CPU.")
    dtype: str = Field("auto", description="bfloat16, float16, float32; auto: bfloat16 on a GPU, else float32.")
    batch_regions: int = Field(16, ge=1, le=1024, description="Regions in one call of `generate`.")
    wait_seconds: float = Field(0.05, ge=0, le=10, description="For which a batch that is not full waits for more.")


class RecognitionOptions(Options):
    """From regions to text."""

    backend: RecognitionBackend = Field(RecognitionBackend.TESSERACT, description="Which recognizer.")
    save_crops: bool = Field(True, description="Write the crops of pictures and charts beside the exports.")
    tasks: dict[str, Task] = Field(
        {},
        description="What a vision-language model does with regions, by the detector's label (`native_label`): text,"
        " table, formula, image (kept, not read) or drop. What is not named here: domain/tasks.py.",
    )
    tesseract: TesseractOptions = TesseractOptions()
    vllm: VllmOptions = VllmOptions()
    transformers: TransformersOptions = TransformersOptions()


class TranscriptOptions(Options):
    """From recognitions to Markdown, and the exports beside the Parquet."""

    headers_and_footers: bool = Field(False, description="Keep running headers, footers and page numbers in Markdown.")
    markdown: bool = Field(True, description="Write a folder of `.md`, one a document.")
    jsonl: bool = Field(True, description="Write `ocr_results.jsonl`, one line a page.")
    searchable_pdf: bool = Field(True, description="Write a PDF a document with an invisible text layer.")


class EmbeddingBackend(StrEnum):
    """The embedders."""

    HASHING = "hashing"
    VLLM = "vllm"
    TRANSFORMERS = "transformers"
    SENTENCE_TRANSFORMERS = "sentence_transformers"


class Embedded(StrEnum):
    """What of a corpus gets a vector."""

    PAGE_TEXT = "page_text"
    PAGE_IMAGE = "page_image"
    REGION_TEXT = "region_text"
    REGION_IMAGE = "region_image"


class VectorType(StrEnum):
    """In what vectors rest."""

    FLOAT32 = "float32"
    FLOAT16 = "float16"


class HashingOptions(Options):
    """Character n-grams hashed into a fixed number of dimensions (Weinberger et al., 2009)."""

    # By benchmarks/retrieval.py --sweep: sizes 1 to 3 do as well on Korean as any, and single syllables can be
    # searched for; among 8,000 pages 4096 dimensions find more than 2048, and 8192 no more than 4096.
    dimensions: int = Field(4096, ge=16, le=1 << 20, description="Length of a vector.")
    smallest: int = Field(1, ge=1, le=8, description="Characters in the shortest n-gram.")
    largest: int = Field(3, ge=1, le=8, description="Characters in the longest n-gram.")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.smallest > self.largest:
            raise ValueError(f"smallest ({self.smallest}) is above largest ({self.largest}): no n-gram is left")
        return self


class Qwen3VlOptions(Options):
    """Qwen3-VL-Embedding (2B, 2B-FP8, 8B), whoever runs it. Defaults are those of the model's own script."""

    model: str = Field("Qwen/Qwen3-VL-Embedding-2B", description="Hub name or local folder.")
    revision: str | None = Field(None, description="Commit of the model. None: what the cache or the Hub has.")
    instruction: str = Field("Represent the user's input.", description="System text of pages and regions.")
    query_instruction: str = Field(
        "Retrieve images or text relevant to the user's query.", description="System text of questions."
    )
    dimensions: int | None = Field(
        None, ge=1, description="Keep the first N of a vector (Matryoshka; the model knows 64 and more). None: all."
    )
    min_pixels: int = Field(4_096, ge=1024, description="Fewest pixels of an image; smaller ones are scaled up.")
    max_pixels: int = Field(1_843_200, ge=1024, description="Most pixels of an image; larger ones are scaled down.")
    max_model_len: int = Field(8192, ge=64, description="Tokens of one input; a longer text is cut.")
    jpeg_quality: int | None = Field(
        95, ge=50, le=100, description="Of images on their way to the model; None: PNG, twice the CPU."
    )
    crop_workers: int = Field(
        0, ge=0, le=256, description="Processes that scale and encode images; 0 is one for four cores, at least two."
    )

    @model_validator(mode="after")
    def _pixels_ordered(self) -> Self:
        if self.min_pixels > self.max_pixels:
            raise ValueError(f"min_pixels ({self.min_pixels}) is above max_pixels ({self.max_pixels})")
        return self


class EmbeddingVllmOptions(Qwen3VlOptions, ServerOptions):
    """Qwen3-VL-Embedding behind vLLM's pooling runner."""

    option: ClassVar[str] = "embedding.vllm"

    quantization: str | None = Field(None, description="fp8, or None: as the weights are.")
    max_num_seqs: int = Field(128, ge=1, description="Sequences in one step of a server.")
    logs: Path = Field(Path("logs/vllm-embedding"), description="Folder of the servers' logs.")


class EmbeddingTransformersOptions(Qwen3VlOptions):
    """Qwen3-VL-Embedding in this process, through transformers: the reference to compare a server with."""

    device: str = Field("auto", description="cpu, cuda, cuda:1, …; auto: the first GPU, else the CPU.")
    dtype: str = Field("auto", description="bfloat16, float16, float32; auto: bfloat16 on a GPU, else float32.")
    batch_items: int = Field(8, ge=1, le=1024, description="Texts or images in one forward pass.")


class SentenceTransformersOptions(Options):
    """Any text model that sentence-transformers loads."""

    model: str = Field("BAAI/bge-m3", description="Hub name or local folder.")
    revision: str | None = Field(None, description="Commit of the model. None: what the cache or the Hub has.")
    device: str | None = Field(None, description="cpu, cuda, cuda:1, …; None: a GPU where there is one.")
    dimensions: int | None = Field(None, ge=1, description="Keep the first N of a vector (Matryoshka). None: all.")
    max_tokens: int | None = Field(None, ge=8, description="Tokens of a text, the rest is cut. None: the model's own.")
    batch_texts: int = Field(32, ge=1, le=4096, description="Texts in one forward pass.")
    query_prompt: str | None = Field(None, description="Put before a question. None: the model's own `query` prompt.")
    text_prompt: str | None = Field(None, description="Put before a text. None: the model's own `document` prompt.")


class EmbeddingOptions(Options):
    """From pages, regions, transcripts and questions to vectors."""

    backend: EmbeddingBackend = Field(EmbeddingBackend.HASHING, description="Which embedder.")
    embed: tuple[Embedded, ...] = Field(
        (Embedded.PAGE_TEXT,),
        min_length=1,
        description="What gets a vector: page_text, page_image, region_text, region_image. Images want vllm or"
        " transformers; with page_image alone no OCR is needed.",
    )
    dtype: VectorType = Field(VectorType.FLOAT32, description="In what vectors rest: float32, or float16 at half.")
    queries: Path | None = Field(
        None,
        description="CSV with the columns `query_id,query`. None: `queries.csv` of the source, where it has one.",
    )
    npy: bool = Field(False, description="Write corpus_ocr_text.npy, corpus_images.npy, … with their ids, too.")
    hashing: HashingOptions = HashingOptions()
    vllm: EmbeddingVllmOptions = EmbeddingVllmOptions()
    transformers: EmbeddingTransformersOptions = EmbeddingTransformersOptions()
    sentence_transformers: SentenceTransformersOptions = SentenceTransformersOptions()

    @model_validator(mode="after")
    def _seen(self) -> Self:
        images = {Embedded.PAGE_IMAGE, Embedded.REGION_IMAGE} & set(self.embed)
        blind = {EmbeddingBackend.HASHING, EmbeddingBackend.SENTENCE_TRANSFORMERS}
        if images and self.backend in blind:
            raise ValueError(
                f"{self.backend.value} knows no images: set backend to vllm or transformers, or take"
                f" {', '.join(sorted(images))} out of embed"
            )
        return self


class SearchMode(StrEnum):
    """How pages are found."""

    DENSE = "dense"
    LEXICAL = "lexical"
    FUSION = "fusion"


class LexicalOptions(Options):
    """BM25 (Robertson and Zaragoza, 2009; Lucene's inverse document frequency) over n-grams of characters."""

    # By benchmarks/retrieval.py --sweep: other sizes find no more and make a larger index; k1 from 1.2 to 3 will do.
    smallest: int = Field(2, ge=1, le=8, description="Characters in the shortest n-gram; shorter words stay whole.")
    largest: int = Field(2, ge=1, le=8, description="Characters in the longest n-gram.")
    k1: float = Field(2.0, ge=0, le=10, description="How much a word counts that occurs again; 0: not at all.")
    b: float = Field(0.75, ge=0, le=1, description="How much longer pages are held back; 0: not at all.")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.smallest > self.largest:
            raise ValueError(f"smallest ({self.smallest}) is above largest ({self.largest}): no n-gram is left")
        return self


class SearchOptions(Options):
    """From questions to pages."""

    # By benchmarks/retrieval.py: hashed vectors know no more than words do, and in fusion with BM25 they cost it
    # four points of nDCG@10. With the vectors of a model say fusion.
    mode: SearchMode = Field(
        SearchMode.LEXICAL,
        description="What `kedro search` does without `--mode`: dense (vectors), lexical (words) or fusion of both.",
    )
    lexical: LexicalOptions = LexicalOptions()
    depth: int = Field(100, ge=1, description="Pages of a ranking that are kept, scored and fused.")
    rrf_constant: float = Field(
        60, ge=0, description="Of reciprocal-rank fusion: larger makes first places count less (Cormack et al., 2009)."
    )


class GateOptions(Options):
    """A gate for CI: `kedro run` ends with exit status 4 where a run over test sets is worse than its baseline.

    Worse is what is beyond doubt: the whole 95 % interval of the paired difference is beyond the tolerance, and stays
    there after Holm's correction.
    """

    baseline: Path | None = Field(
        None,
        description="Record of an earlier run: a folder `benchmark_run` (data/08_reporting, or the artefact of an"
        " MLflow run). None: no gate.",
    )
    tolerance: float = Field(
        0.0, ge=0, le=1, description="By how much a rate may be worse, as a fraction: 0.01 is one point of a hundred."
    )
    tolerances: dict[str, float] = Field(
        {}, description="The same for some metrics, by name, with or without reading: `teds`, `teds/official`."
    )
    speed_tolerance: float | None = Field(
        0.25,
        ge=0,
        description="By what share of the baseline's time recognition may be slower; machines have to be alike."
        " None: speed is not looked at.",
    )


class BenchmarkOptions(Options):
    """From transcripts and references to scores."""

    reference: Path | None = Field(
        None, description="Folder of reference texts, laid out like the source. None: the source itself."
    )
    reference_patterns: tuple[str, ...] = Field(
        ("{stem}.p{page:03d}.gt.txt", "{stem}.gt.txt", "p{page:03d}.gt.txt"),
        description="Where the reference of a page lies, relative to the folder of its document; the first that is"
        " there counts. A pattern without `{page}` is for documents of one page.",
    )
    silver: bool = Field(
        True, description="Where a page has no reference text, take its healthy text layer, marked as silver."
    )
    qrels: Path | None = Field(
        None, description="CSV with `query_id,document,page,relevance`. None: `qrels.csv` of the source."
    )
    resamples: int = Field(
        10_000, ge=100, le=1_000_000, description="Resamples of the bootstrap over documents, or over questions."
    )
    seed: int = Field(0, ge=0, description="Of the bootstrap.")
    ndcg_cutoffs: tuple[Annotated[int, Field(ge=1)], ...] = Field((1, 3, 5, 10), description="Values of k in nDCG@k.")
    recall_cutoffs: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        (1, 3, 5, 10, 20), description="Values of k in Recall@k."
    )
    compare: dict[str, Path] = Field(
        {},
        description="Other readings of the same pages, to ask whether better OCR finds more: a name, and the folder"
        " `data/03_primary/transcripts` of a finished run.",
    )
    report_pages: int = Field(60, ge=0, description="Pages shown with image and differences, worst first.")
    gate: GateOptions = GateOptions()
    # -- public test sets: engine/testsets
    sets: tuple[str, ...] = Field(
        (),
        description="Test sets to score the recognizer on, in YAML a list, elsewhere names joined by `+`; a name with"
        " a slash is a folder of one's own. None: only the corpus of the main job is scored.",
    )
    sets_folder: Path = Field(
        Path("data/01_raw/test_sets"), description="Where the sets lie, each in the folder of its name."
    )
    sets_limit: int | None = Field(None, ge=1, description="Items of each set, drawn by hash. None: all.")
    sets_download: bool = Field(False, description="Get what is missing from the Hub, after its licence is shown.")
    sets_cdm: bool = Field(True, description="Render formulas to compare them (CDM), where TeX is installed.")

    sets_drawings: Path | None = Field(
        Path("data/07_model_output/testsets/drawings"),
        description="Folder of the formulas that were drawn: another recognizer finds those of the truth. None: none.",
    )

    @field_validator("sets", mode="before")
    @classmethod
    def _joined(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part for part in value.split(SET_SEPARATOR) if part)
        return value


class PublishTarget(StrEnum):
    """Where a dataset is published."""

    FOLDER = "folder"
    HUB = "hub"


class PublishImages(StrEnum):
    """Which images a published dataset holds."""

    NONE = "none"
    CROPS = "crops"
    PAGES = "pages"


class PersonalData(StrEnum):
    """What the scan for personal data looks for."""

    RESIDENT_NUMBER = "resident_number"
    FOREIGNER_NUMBER = "foreigner_number"
    CARD_NUMBER = "card_number"
    PHONE_NUMBER = "phone_number"
    EMAIL = "email"


# As the Hub has it: letters, digits, `-`, `_`, `.`; not at the ends; at most 96 characters.
_REPOSITORY = re.compile(r"([A-Za-z0-9](?:[\w.-]*\w)?/)?[A-Za-z0-9](?:[\w.-]*\w)?", re.ASCII)
_LONGEST_REPOSITORY = 96


class PublishOptions(Options):
    """From a finished corpus to a dataset that others can load."""

    target: PublishTarget = Field(
        PublishTarget.FOLDER, description="folder: write what would be uploaded. hub: write it, and upload it."
    )
    repository: str | None = Field(
        None, description="Dataset on the Hugging Face Hub, `name` or `owner/name`; `hub` asks for it."
    )
    private: bool = Field(True, description="Only you, or your organisation, can see a repository that is made.")
    images: PublishImages = Field(
        PublishImages.PAGES, description="none, crops (an image for each region) or pages (one for each page)."
    )
    crop_quality: int = Field(92, ge=50, le=100, description="JPEG quality of crops.")
    mask: tuple[PersonalData, ...] = Field(
        tuple(PersonalData),
        description="Kinds of personal data that become asterisks in the published text; images of pages or regions"
        " in whose text they were found are withheld.",
    )
    allow_personal_data: bool = Field(
        False,
        description="Somebody has looked at what is published: upload page images, and text in which personal data"
        " was found and not masked, to a public repository too.",
    )
    title: str = Field("Documents read by ocr_project", min_length=1, description="Heading of the dataset card.")
    licence: str = Field(
        "unknown",
        pattern=r"^[a-z0-9][a-z0-9.+-]*$",
        description="Of the dataset, by its name on the Hub (cc-by-4.0, …).",
    )
    source_name: str = Field("", description="What the documents are and where they come from, in a line of prose.")
    source_licence: str = Field("", description="Licence of the documents, as their source states it.")
    languages: tuple[str, ...] = Field(
        (), description="ISO 639-1 codes for the card. None: by the scripts of the text (Hangul: ko, Latin: en, …)."
    )
    tags: tuple[str, ...] = Field(("ocr", "documents"), description="Tags of the dataset card.")
    file_pages: int = Field(1000, ge=1, le=100_000, description="Pages in a file, about: whole shards.")
    file_megabytes: int = Field(
        450, ge=1, le=490, description="Largest file, 10^6 bytes, but for its footer; what is larger is split."
    )
    retries: int = Field(5, ge=0, le=100, description="Tries after the first where the Hub or the line is at fault.")

    @field_validator("repository")
    @classmethod
    def _name(cls, value: str | None) -> str | None:
        if value is None:
            return None
        odd = "--" in value or ".." in value or value.endswith(".git") or len(value) > _LONGEST_REPOSITORY
        if odd or not _REPOSITORY.fullmatch(value):
            raise ValueError(
                f"{value!r} is no name of a repository: write `name` or `owner/name` with letters, digits, `-`, `_`"
                f" and `.`, without `--` and `..`, {_LONGEST_REPOSITORY} characters at most"
            )
        return value

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if self.target is PublishTarget.HUB and self.repository is None:
            raise ValueError("target hub asks for a repository: set publish.repository=owner/name")
        return self
