"""What servers of ours need, looked at before any is started; and what is known of those that run already."""

from __future__ import annotations

import os
from dataclasses import replace
from importlib.metadata import entry_points

from ocr_project.domain.errors import BackendError
from ocr_project.domain.options import ServerOptions, VisionCompile
from ocr_project.engine.models.locate import Located, locate_model
from ocr_project.engine.models.packages import installed, require
from ocr_project.engine.models.served.client import Limits
from ocr_project.engine.models.served.endpoints import Endpoint, Endpoints
from ocr_project.engine.running.cards import VISIBLE, cards_shown

_PLUGIN = "ocr_project_vision"


def find_served_model(options: ServerOptions) -> Located:
    """Look whether everything is there that the servers need; none is started.

    Returns:
        The model with what serves it; of servers that are named by URL only what the options say is known.

    Raises:
        BackendError: vLLM, its plugin, a GPU or the model is missing.
    """
    if options.urls:
        return Located(options.model, options.revision or "", None, "url")
    check_machine(options)
    located = locate_model(options.model, options.revision, option=f"{options.option}.model")
    return replace(located, library=f"vllm-{installed('vllm')}")


def given_endpoints(options: ServerOptions) -> Endpoints:
    """Return the servers that the options name by URL."""
    urls = [url.rstrip("/").removesuffix("/v1") for url in options.urls]
    servers = [Endpoint(url) for url in urls]
    return Endpoints(servers, options.patience_seconds, option=f"{options.option}.urls", requests=options.requests)


def limits_of(options: ServerOptions) -> Limits:
    """Return how long, and how often, servers are asked."""
    return Limits(
        connect=options.connect_seconds,
        read=options.read_seconds,
        whole=options.request_seconds,
        retries=options.retries,
        patience=options.patience_seconds,
    )


def api_key(options: ServerOptions) -> str | None:
    """Return the key of the servers that run already; None where they want none.

    Raises:
        BackendError: The environment variable that should hold it is not set.
    """
    if options.api_key_env is None:
        return None
    if not (key := os.environ.get(options.api_key_env)):
        raise BackendError(f"the environment variable {options.api_key_env} ({options.option}.api_key_env) is not set")
    return key


def check_machine(options: ServerOptions) -> None:
    """Look whether servers can be started here.

    Raises:
        BackendError: vLLM, its plugin or a GPU is missing.
    """
    if options.command:
        return
    require("vllm", extra="gpu", otherwise=f"set {options.option}.urls to servers that run, or leave out --env")
    compiles = options.compile_vision is not VisionCompile.EAGER
    if compiles and not entry_points(group="vllm.general_plugins", name=_PLUGIN):
        raise BackendError(
            f"vLLM would not find the plugin {_PLUGIN} ({options.option}.compile_vision): pip install -e . into the"
            " environment that vLLM is in"
        )
    require_cards(options)


def require_cards(options: ServerOptions) -> None:
    """Look whether this process sees the GPUs of the servers; without the library that knows, it is not looked at.

    Raises:
        BackendError: It sees fewer, whatever the machine has.
    """
    try:
        import pynvml  # noqa: F401 - whether it is there
    except ImportError:
        return
    if max(options.gpus) >= (count := len(cards_shown())):
        there = f"GPUs 0 to {count - 1} are" if count else "no GPU is"
        by = f" by {VISIBLE}={os.environ[VISIBLE]}" if VISIBLE in os.environ else ""
        raise BackendError(
            f"{options.option}.gpus is {list(options.gpus)}, but {there} shown to this process{by}: see nvidia-smi, or"
            " set runtime.gpus=all"
        )
