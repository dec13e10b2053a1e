"""A tuned model to the Hub: its merged folder, with the card that its training wrote."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import HfApi, get_token

from ocr_project.domain.errors import PublishError
from ocr_project.domain.options import PublishOptions, PublishTarget
from ocr_project.engine.publishing.hub import check_target
from ocr_project.engine.publishing.hub_errors import explain_hub_error

_MODEL = "model"
_CARD, _PROOF = "README.md", "proof.json"


@dataclass(frozen=True, slots=True)
class UploadedModel:
    """What a folder of a model holds, and whether it was uploaded."""

    files: int
    bytes: int
    uploaded: bool


def publish_model(folder: Path, options: PublishOptions, api: HfApi | None = None) -> UploadedModel:
    """Make a model repository hold what a merged folder holds; with `target=folder` nothing leaves the machine.

    Args:
        folder: Merged and proved.
        options: Repository, licence, private or not.
        api: None: the Hub of HF_ENDPOINT, with the token of the environment or of the login.

    Raises:
        PublishError: There is no proof or no card, no token, no network, or the repository is public already and
            should not be.
    """
    files = [path for path in folder.rglob("*") if path.is_file()]
    lacking = [name for name in (_CARD, _PROOF) if not (folder / name).is_file()]
    if lacking:
        raise PublishError(
            f"{folder} has no {', '.join(lacking)}: `kedro run --pipelines training` writes a tuned model"
        )
    size = sum(path.stat().st_size for path in files)
    if options.target is PublishTarget.FOLDER:
        return UploadedModel(len(files), size, uploaded=False)
    check_target(options)
    repository = options.repository or ""
    client = api or HfApi(token=get_token(), library_name="ocr_project")
    card = folder / _CARD
    card.write_text(_licensed(card.read_text(encoding="utf-8"), options.licence), encoding="utf-8")
    try:
        client.create_repo(repository, repo_type=_MODEL, private=options.private, exist_ok=True)
        if options.private and not client.model_info(repository).private:
            raise PublishError(
                f"{repository} is public already, and publish.private is true: nothing was uploaded. Make it private"
                " on the Hub, choose another publish.repository, or set publish.private=false"
            )
        client.upload_folder(
            repo_id=repository, folder_path=folder, repo_type=_MODEL, commit_message="A model tuned by ocr_project"
        )
    except PublishError:
        raise
    except Exception as error:  # of any HTTP library that the client uses: `explain_hub_error` tells them apart
        raise PublishError(explain_hub_error(error, repository, client.endpoint, folder)) from error
    return UploadedModel(len(files), size, uploaded=True)


def _licensed(card: str, licence: str) -> str:
    lines = card.split("\n")
    place = next((number for number, line in enumerate(lines) if line.startswith("license:")), None)
    if place is not None and licence != "unknown":
        lines[place] = f"license: {licence}"
    return "\n".join(lines)
