"""What would stop a run later is asked for first: documents, packages, languages, models, room on the disk.

The cheap half of `kedro doctor`: no network, no GPU, and under 0.1 s beside what building the backends takes. Rooms
that only some runs need (the bench, publishing) are imported by them: 0.15 s of every start.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from ocr_project.checks.doctor.disk import page_bytes, room
from ocr_project.checks.doctor.finding import State
from ocr_project.checks.doctor.needs import Needs, needs_of
from ocr_project.checks.doctor.packages import check_packages
from ocr_project.checks.doctor.services import check_old_options, check_orientation
from ocr_project.domain.errors import BackendError, OptionError, PublishError, SourceError
from ocr_project.domain.options import (
    EmbeddingOptions,
    FieldsOptions,
    IngestOptions,
    LayoutBackend,
    LayoutOptions,
    Options,
    PromptSearchOptions,
    PublishOptions,
    RecognitionBackend,
    RecognitionOptions,
    RuntimeOptions,
    TestsetsOptions,
    TranscriptOptions,
)
from ocr_project.domain.types import Document
from ocr_project.engine.embedding import build_embedder
from ocr_project.engine.ingest import open_location
from ocr_project.engine.ingest.replacement import documents_going, folder_of
from ocr_project.engine.layout import build_detector
from ocr_project.engine.recognition import build_recognizer
from ocr_project.engine.running.cards import MANY

log = logging.getLogger(__name__)

_FEW_PAGES = 100  # where the number of pages is not known
# the bench extra, but for jieba and nltk: without these two, long texts of one test set are rows that say so
_BENCH_PACKAGES = ("anls_star", "bs4", "fuzzysearch", "lxml", "matplotlib", "pylatexenc", "sacrebleu", "scipy")


def check_backends(options: Mapping[str, Options], data: Path) -> None:
    """Build the backends that a run is going to need, before its first page is read.

    Args:
        options: The options of the stages in the run, by stage.
        data: The folder that a run fills.

    Raises:
        BackendError: One cannot be built; the message says what to install or to change.
    """
    needs = needs_of(options.values())
    require_packages(needs)
    for finding in (*check_old_options(needs), *check_orientation(needs)):
        if finding.state is State.WARNING:
            log.warning("%s: %s", finding.found, finding.advice)
    warn_of_disk(needs, data)
    require_whole_pages(options)
    warn_of_many_cards(options)
    for chosen in options.values():
        match chosen:
            case LayoutOptions():
                build_detector(chosen, needs.tessdata)
            case RecognitionOptions():
                build_recognizer(chosen, needs.tessdata).close()
            case EmbeddingOptions():
                build_embedder(chosen).close()
            case TranscriptOptions():
                require_docling(chosen)
            case PublishOptions():
                from ocr_project.engine import publishing

                publishing.check_target(chosen)


def require_docling(options: TranscriptOptions) -> None:
    """Refuse exports in docling's form where its types are not installed.

    Raises:
        OptionError: They are wanted, and docling-core is missing.
    """
    if (options.docling or options.doctags) and find_spec("docling_core") is None:
        raise OptionError("docling's JSON and DocTags need docling-core: pip install 'ocr_project[docling]'")


def require_whole_pages(options: Mapping[str, Options]) -> None:
    """Given answers are of whole pages: a layout of another kind would cut them apart.

    Raises:
        OptionError: The run looks for regions, and takes given answers.
    """
    layouts = [chosen.backend for chosen in options.values() if isinstance(chosen, LayoutOptions)]
    readers = [chosen.backend for chosen in options.values() if isinstance(chosen, RecognitionOptions)]
    if RecognitionBackend.GIVEN in readers and any(backend is not LayoutBackend.WHOLE_PAGE for backend in layouts):
        raise OptionError("recognition.backend=given takes answers of whole pages: set layout.backend=whole_page")


def check_source(source: str, options: IngestOptions) -> None:
    """Look for the first document of the source; nothing is rendered.

    Args:
        source: The folder or address.
        options: What is read of it.

    Raises:
        SourceError: The source is not there, or holds no document.
    """
    open_location(source, options).check()


def check_apart(source: str, data: Path) -> None:
    """Refuse a source that the data folder is part of: the next run would read what this one has written.

    Args:
        source: The folder or address of this run.
        data: The folder that the run fills.

    Raises:
        SourceError: It is.
    """
    where = Path(source)
    if where.is_dir() and data.resolve().is_relative_to(where.resolve()):
        raise SourceError(
            f"the data folder {data} is inside of the source {source}: its PDFs would be read as documents the next"
            " time. Name a folder elsewhere, --params data=PATH"
        )


def check_replacement(held: Sequence[Document], source: str, options: IngestOptions, samples: Path) -> None:
    """Refuse a source that would take the place of another one, without being asked to.

    Args:
        held: The documents that the data folder holds.
        source: The folder or address of this run.
        options: Say whether one corpus may replace another.
        samples: Folder of the bundled documents: these may go.

    Raises:
        SourceError: Results of documents from elsewhere would be removed; the message says how many.
    """
    going = [] if options.replace else documents_going(held, source, samples)
    if going:
        where = ", ".join(sorted({folder_of(one) for one in going})[:3])
        raise SourceError(
            f"the data folder holds {len(going)} documents ({sum(one.pages for one in going)} pages) of {where}; a run"
            f" over {source} would remove them and all that was read of them. Give another corpus a folder of"
            " its own, --params data=PATH, or say ingest.replace=true"
        )


def check_corpus(missing: Sequence[str]) -> None:
    """Refuse to publish what is not there yet.

    Args:
        missing: Datasets of a finished run that are not there.

    Raises:
        PublishError: There are any.
    """
    if missing:
        names = ", ".join(sorted(missing))
        raise PublishError(f"nothing to publish yet: run `kedro run` first, it makes what is missing ({names})")


def check_test_sets(options: TestsetsOptions) -> None:
    """Open the test sets that are named; what is missing is downloaded here, where that is allowed.

    Args:
        options: Name the sets, and where they lie.

    Raises:
        OptionError: None is named, or one that there is not, or the packages of the bench extra are not installed.
        SourceError: One is not there; the message says how to get it.
    """
    from ocr_project.bench.testsets import NAMES, open_test_sets

    if not options.sets:
        raise OptionError(f"testsets.sets is empty; use {', '.join(NAMES)}, or the path of a folder")
    if lacking := [name for name in _BENCH_PACKAGES if find_spec(name) is None]:
        raise OptionError(
            f"testsets.sets: scores on test sets need {', '.join(lacking)}, which the main job does not need: run"
            " `make bench` in a checkout, or pip install 'ocr_project[bench]'"
        )
    for one in open_test_sets(options):
        log.info("%s: %d items. %s", one.card.name, len(one), one.card.terms)


def check_fields(options: FieldsOptions, runtime: RuntimeOptions) -> None:
    """Read set and prompts, and build the answerer: what cannot be asked is said before the first question.

    Raises:
        OptionError: No set is named, or options do not fit together.
        SourceError: A file cannot be used: names every line and column, and every field without a prompt.
        BackendError: The answerer cannot be built.
    """
    from ocr_project.bench.fields.job import prepare_job
    from ocr_project.engine.answering import build_answerer

    job = prepare_job(options)
    if options.bleu and find_spec("sacrebleu") is None:
        raise OptionError("fields.bleu needs sacrebleu: run `make bench` in a checkout, or leave it out")
    build_answerer(options, runtime.tessdata).close()
    log.info("%s: %d questions about %d images", job.found.name, len(job.questions), len(job.pages()))


def check_prompt_search(fields: FieldsOptions, options: PromptSearchOptions, runtime: RuntimeOptions) -> None:
    """Read the set, share it out, and build answerer and generator: nothing is proposed, asked or started.

    Raises:
        OptionError: The answerer reads no prompts, or options do not fit together.
        SourceError: The set is too small, or a file cannot be used.
        BackendError: Answerer or generator cannot be built.
    """
    from ocr_project.bench.prompt_search.generator import build_generator
    from ocr_project.bench.prompt_search.run import prepare_search
    from ocr_project.engine.answering import build_answerer

    prepare_search(fields, options)
    build_answerer(fields, runtime.tessdata).close()
    build_generator(options).close()


def warn_of_many_cards(options: Mapping[str, Options]) -> None:
    """Say what feeds many cards better than one process does (docs/decisions/0033)."""
    alone = all(chosen.is_alone for chosen in options.values() if isinstance(chosen, RuntimeOptions))
    for chosen in options.values() if alone else ():
        if isinstance(chosen, RecognitionOptions) and chosen.backend is RecognitionBackend.VLLM:
            servers = chosen.vllm
            if not servers.urls and len(servers.gpus) >= MANY:
                log.warning(
                    "recognition uses %d GPUs: `kedro launch local` with the same options starts a process for each,"
                    " which read 1.1 times as much on two (docs/gpu.md)",
                    len(servers.gpus),
                )


def require_packages(needs: Needs) -> None:
    """Refuse to start without a package that is needed, and warn of one in a version that was not tested.

    Raises:
        BackendError: One is missing.
    """
    findings = check_packages(needs)
    lacking = [finding for finding in findings if finding.state is State.MISSING]
    if lacking:
        names = ", ".join(finding.check for finding in lacking)
        raise BackendError(f"the backends of this run need {names}: {lacking[0].advice}, or leave out --env")
    for finding in findings:
        if finding.state is State.WARNING:
            log.warning("%s %s: %s", finding.check, finding.found, finding.advice)


def warn_of_disk(needs: Needs, folder: Path) -> None:
    """Warn where little room is left. No more than that: what is done already needs none."""
    if needs.ingest is None:
        return
    copies = 2 if needs.searchable_pdf else 1
    free, pages = room(folder, page_bytes(needs.ingest.dpi) * copies)
    if pages < (needs.ingest.limit or _FEW_PAGES):
        log.warning(
            "%.0f MB are free for %s, enough for about %d pages: a run that fills the disk ends there,"
            " and goes on where it was as soon as there is room",
            free / 1e6,
            folder,
            pages,
        )
