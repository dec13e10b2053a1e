"""What the log of a vLLM server that failed means, and which option to change."""

from __future__ import annotations

import re
from pathlib import Path

_TAIL_BYTES = 64 * 1024
_LINES = 15

_OPTION = "recognition.vllm"
Remedies = tuple[tuple[re.Pattern[str], str], ...]

_REMEDIES: Remedies = (
    (
        re.compile(r"served/gathering\.py\"?, line|No module named '?ocr_project"),
        "our scheduler did not work in this vLLM (it promises no interface for one), or vLLM's Python does not have"
        " this project: set recognition.vllm.prefill_batch=0",
    ),
    (
        re.compile(r"Free memory on device .* is less than desired", re.IGNORECASE),
        "the GPU's memory is in use by another process: free it, or lower recognition.vllm.gpu_memory_utilization",
    ),
    (
        re.compile(r"No available memory for the cache blocks|is larger than the (available|maximum).*KV cache"),
        "no memory is left for the answers: raise recognition.vllm.gpu_memory_utilization, or lower"
        " recognition.vllm.replicas, max_num_batched_tokens or max_model_len",
    ),
    (
        re.compile(r"out of memory|OutOfMemoryError", re.IGNORECASE),
        "the GPU is out of memory: lower recognition.vllm.max_num_batched_tokens, then max_num_seqs, then"
        " gpu_memory_utilization or replicas",
    ),
    (
        re.compile(r"No module named '?vllm|vllm: not found"),
        "vLLM is not installed here: pip install -e '.[gpu]', or set recognition.vllm.urls",
    ),
    (
        re.compile(r"unrecognized arguments"),
        "this vLLM does not know one of its options: check recognition.vllm.server_args and vLLM's version",
    ),
    (
        re.compile(
            r"LocalEntryNotFoundError|is not a local folder|Repository Not Found|couldn't connect", re.IGNORECASE
        ),
        "the model is neither in the cache nor reachable: download it, or set recognition.vllm.model to its folder",
    ),
    (
        re.compile(r"no NVIDIA driver|CUDA driver|No CUDA|Failed to infer device type|invalid device ordinal"),
        "there is no such GPU or its driver does not match: check nvidia-smi and recognition.vllm.gpus",
    ),
)
CONTAINER_REMEDIES: Remedies = (
    (
        re.compile(r"setrlimit.*Operation not permitted"),
        "the engine may not raise limits here: add --ulimit=nofile=1024:4096 and --ulimit=nproc=1024:1024 to"
        " recognition.vllm.arguments",
    ),
    (
        re.compile(r"cgroups in hybrid mode not supported"),
        "crun cannot work here: add --runtime=runc to recognition.vllm.arguments",
    ),
    (
        re.compile(r"unresolvable CDI devices|could not select device driver|nvidia-container-cli"),
        "the engine does not know the GPUs: install the NVIDIA Container Toolkit (`nvidia-ctk cdi generate` for"
        " podman), and check recognition.vllm.gpus",
    ),
    (
        re.compile(r"Cannot connect to the Docker daemon|permission denied.*docker\.sock", re.IGNORECASE),
        "docker's daemon does not answer: start it, set DOCKER_HOST, or name another recognition.vllm.engine",
    ),
    (
        re.compile(r"address already in use", re.IGNORECASE),
        "the port is taken: name another in recognition.vllm.port, or end what listens there",
    ),
    (
        re.compile(r"executable file .* not found|can't execve|no such file or directory", re.IGNORECASE),
        "something that recognition.vllm.command names is not in the image",
    ),
)


def explain_server_log(path: Path, since: int = 0, *, option: str = _OPTION, remedies: Remedies = _REMEDIES) -> str:
    """Return what to do and the last lines of a log, as the end of a message.

    Args:
        path: Of the log.
        since: Where the server's last start begins: what is before is of others.
        option: Where the options of the servers stand.
        remedies: Patterns and what to do; the first that is found in the log counts.
    """
    text = _read_tail(path, since)
    advice = next((advice for pattern, advice in remedies if pattern.search(text)), "its log says why")
    lines = [line for line in text.splitlines() if line.strip()][-_LINES:]
    shown = "\n".join(f"    {line[:300]}" for line in lines) or "    (it wrote nothing)"
    return f"{advice.replace(_OPTION, option)}. The end of {path}:\n{shown}"


def _read_tail(path: Path, since: int) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(since, path.stat().st_size - _TAIL_BYTES))
            return file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
