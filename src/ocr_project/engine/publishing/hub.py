"""From the folder to the Hugging Face Hub: only what differs, going on where it stopped, checked afterwards.

Why not `upload_folder`: its streamed form commits in parts, so that for hours others would load a card and files that
do not belong together; its other form starts from the beginning after a cut line. Here large files are handed over
first, a few at a time, and what the Hub has already (by its hash, from a run that was stopped) is not sent again; then
one commit makes all of it visible. 40,781 pages are about a hundred files: far from the 25,000 of one commit.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx2
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, get_session, get_token
from huggingface_hub.hf_api import RepoFile

from ocr_project.domain.errors import PublishError
from ocr_project.domain.options import PublishImages, PublishOptions, PublishTarget
from ocr_project.engine.publishing.configurations import configurations
from ocr_project.engine.publishing.hub_errors import explain_hub_error, may_pass
from ocr_project.engine.publishing.local_files import LocalFile, list_files

log = logging.getLogger(__name__)

_DATASET = "dataset"
_HANDED_OVER = 2_000_000_000  # bytes of one hand-over: what a cut line can cost at most
# seconds of silence; the client would wait for ever (and does, where it lists the tree)
_TIMEOUT = httpx2.Timeout(300, connect=15)
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 60.0  # seconds between tries, doubled each time


@dataclass(frozen=True, slots=True)
class Upload:
    """What an upload did.

    Attributes:
        url: Of the dataset.
        files: That differed and were committed.
        bytes: The same in bytes.
        removed: Files that the repository had and the folder no longer has.
    """

    url: str
    files: int
    bytes: int
    removed: int


def check_target(options: PublishOptions) -> None:
    """Refuse, before any work is done, what would be refused at its end.

    Raises:
        PublishError: There is no token, or page images would become public.
    """
    if options.target is not PublishTarget.HUB:
        return
    if get_token() is None:
        raise PublishError(
            "no token for the Hugging Face Hub: set the environment variable HF_TOKEN, or run `hf auth login`;"
            " the token has to allow writing (https://huggingface.co/settings/tokens)"
        )
    if not options.private and options.images is PublishImages.PAGES and not options.allow_personal_data:
        raise PublishError(
            "page images may hold personal data that no rule sees, and private=false makes them public: look through"
            " them and set publish.allow_personal_data=true, or publish.images=none, or publish.private=true"
        )


def check_findings(unmasked: int, options: PublishOptions) -> None:
    """Refuse to make personal data public that was found and is not masked.

    Args:
        unmasked: How often the scan found what the options do not mask.
        options: Say where it goes.

    Raises:
        PublishError: It would become public without permission in the options.
    """
    check_target(options)
    public = options.target is PublishTarget.HUB and not options.private
    if public and unmasked and not options.allow_personal_data:
        raise PublishError(
            f"personal data was found in {unmasked} places and is not masked, and private=false makes it public: mask"
            " it (publish.mask), or look at it and set publish.allow_personal_data=true"
        )


def upload(folder: Path, options: PublishOptions, api: HfApi | None = None) -> Upload:
    """Make a dataset repository hold what a folder holds; one that does already is left as it is.

    Args:
        folder: What is uploaded: all of its files but hidden ones.
        options: Name the repository; it is made where it is missing.
        api: None: the Hub of HF_ENDPOINT, with the token of the environment or of the login.

    Raises:
        PublishError: No token, another account's repository, no network, or files that arrived damaged. What the Hub
            has got is kept: the next run goes on from there.
    """
    check_target(options)
    # the token is given by hand: it is sent to the Hub, and stands in no message and no log
    client = api or HfApi(token=get_token(), library_name="ocr_project")
    wait = _FIRST_WAIT
    for tries_left in range(options.retries, -1, -1):
        try:
            return _Uploader(client, folder, options).run()
        except PublishError:
            raise
        except Exception as error:  # of any HTTP library that the client uses: `explain_hub_error` tells them apart
            if not (tries_left and may_pass(error)):
                reason = explain_hub_error(error, options.repository or "", client.endpoint, folder)
                raise PublishError(reason) from error
            log.warning("the upload was interrupted (%s); it goes on in %.0f s", type(error).__name__, wait)
            time.sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT)
    raise AssertionError("unreachable")


class _Uploader:
    """One try. It starts from what the repository holds, so that nothing done before is done again."""

    def __init__(self, api: HfApi, folder: Path, options: PublishOptions) -> None:
        self._api = api
        self._options = options
        self._files = list_files(folder)
        self._repository = options.repository or ""

    def run(self) -> Upload:
        get_session().timeout = _TIMEOUT  # again for each try: the client opens a new session after an error
        url = self._open()
        head, remote = self._remote()
        changed = [file for file in self._files if not _same(file, remote.get(file.name))]
        gone = [name for name in remote if self._ours(name) and name not in {file.name for file in self._files}]
        if changed or gone:
            log.info("%d of %d files differ from %s", len(changed), len(self._files), self._repository)
            self._send(changed, gone, head)
            _, remote = self._remote()
        self._verify(remote)
        return Upload(url, len(changed), sum(file.size for file in changed), len(gone))

    def _open(self) -> str:
        """Find or make the repository; return its address."""
        if "/" not in self._repository:
            self._repository = f"{self._api.whoami()['name']}/{self._repository}"
        made = self._api.create_repo(
            self._repository, repo_type=_DATASET, private=self._options.private, exist_ok=True
        )
        info = self._api.dataset_info(self._repository)
        if self._options.private and not info.private:
            raise PublishError(
                f"{self._repository} is public already, and publish.private is true: nothing was uploaded. If it is"
                " yours, make it private on the Hub; otherwise choose another publish.repository, or set"
                " publish.private=false"
            )
        return str(made)

    def _remote(self) -> tuple[str, dict[str, RepoFile]]:
        """Return the newest commit and its files by name."""
        head = str(self._api.dataset_info(self._repository).sha)
        tree = self._api.list_repo_tree(self._repository, repo_type=_DATASET, revision=head, recursive=True)
        return head, {entry.path: entry for entry in tree if isinstance(entry, RepoFile)}

    def _ours(self, name: str) -> bool:
        """Say whether a file of the repository is one that this pipeline would write; the others stay."""
        folder, _, file = name.rpartition("/")
        return folder in configurations(self._options.images) and file.endswith(".parquet")

    def _send(self, changed: Sequence[LocalFile], gone: Sequence[str], head: str) -> None:
        additions = [_addition(file) for file in changed]
        done = 0
        for batch in _batches(additions):
            self._api.preupload_lfs_files(self._repository, batch, repo_type=_DATASET, free_memory=False)
            done += len(batch)
            log.info("%d of %d files handed over", done, len(additions))
        self._api.create_commit(
            self._repository,
            [*additions, *(CommitOperationDelete(name) for name in gone)],
            commit_message=f"Publish {len(changed)} files" + (f", remove {len(gone)}" if gone else ""),
            repo_type=_DATASET,
            parent_commit=head,  # a commit in between fails this one, which starts again; it is not undone
        )

    def _verify(self, remote: dict[str, RepoFile]) -> None:
        wrong = [file.name for file in self._files if not _same(file, remote.get(file.name))]
        if wrong:
            raise PublishError(
                f"{len(wrong)} files in {self._repository} differ from what was sent: {', '.join(wrong)}. Delete them"
                " there and run again"
            )


def _same(file: LocalFile, remote: RepoFile | None) -> bool:
    if remote is None or remote.size != file.size:
        return False
    return remote.blob_id == file.blob if remote.lfs is None else remote.lfs.sha256 == file.sha256


def _addition(file: LocalFile) -> CommitOperationAdd:
    addition = CommitOperationAdd(file.name, file.path)
    addition.upload_info.sha256 = bytes.fromhex(file.sha256)  # known: the client need not read the file for it again
    return addition


def _batches(additions: Sequence[CommitOperationAdd]) -> Iterator[list[CommitOperationAdd]]:
    batch: list[CommitOperationAdd] = []
    size = 0
    for addition in additions:
        if batch and size + addition.upload_info.size > _HANDED_OVER:
            yield batch
            batch, size = [], 0
        batch.append(addition)
        size += addition.upload_info.size
    if batch:
        yield batch
