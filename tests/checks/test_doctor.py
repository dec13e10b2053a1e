"""What `kedro doctor` looks at, each with every outcome."""

from __future__ import annotations

import json
import re
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import constants

from ocr_project.checks import preflight
from ocr_project.checks.doctor import Profile, disk, examine, gpus, models, packages, services
from ocr_project.checks.doctor.finding import Finding, State
from ocr_project.checks.doctor.needs import Model, Needs, needs_of
from ocr_project.domain.errors import BackendError, OptionError
from ocr_project.domain.options import (
    FieldsOptions,
    IngestOptions,
    LayoutOptions,
    RecognitionOptions,
    RuntimeOptions,
    TesseractOptions,
    TestsetsOptions,
    TranscriptOptions,
    VllmOptions,
)
from tests.fake_nvml import GIB, FakeGpu, FakeNvml
from tests.whole_job import write_pages

GPU = Profile.model_validate(
    {
        "runtime": {"gpu_memory_gib": 60},
        "layout": {"backend": "pp_doclayout_v3"},
        "recognition": {"backend": "vllm", "vllm": {"replicas": 2, "gpus": [0, 1]}},
    }
)
MODEL = Model("recognition.vllm.model", "someone/ocr", None)


def states(findings: list[Finding]) -> list[tuple[str, State]]:
    return [(finding.check, finding.state) for finding in findings]


# What options ask for


def test_the_laptop_needs_tesseract_and_room() -> None:
    needs = needs_of(Profile().stages())
    assert needs == Needs(tesseract=TesseractOptions(), orientation=True, ingest=IngestOptions(), searchable_pdf=True)


def test_a_gpu_profile_needs_cards_packages_weights_and_ports() -> None:
    needs = needs_of(GPU.stages())
    assert needs.gpus == (0, 1)
    assert needs.gpu_memory_gib == 60
    assert needs.packages == ("torch", "transformers", "vllm")
    assert [model.name for model in needs.models] == ["PaddlePaddle/PP-DocLayoutV3_safetensors", "zai-org/GLM-OCR"]
    assert (needs.servers, needs.share, needs.fp8) == (4, 0.75, False)
    assert needs.tesseract is None
    halved = {"backend": "vllm", "vllm": VllmOptions(quantization="fp8")}
    assert needs_of([RecognitionOptions.model_validate(halved)]).fp8


def test_servers_that_run_already_need_nothing_here() -> None:
    vllm = VllmOptions(urls=("http://there:8000",))
    needs = needs_of([RecognitionOptions.model_validate({"backend": "vllm", "vllm": vllm})])
    assert needs == Needs(urls=("http://there:8000",))


def test_a_server_with_a_command_of_its_own_brings_its_packages() -> None:
    options = RecognitionOptions.model_validate({"backend": "vllm", "vllm": {"command": ["docker", "run", "vllm"]}})
    assert needs_of([options]).packages == ()


@pytest.mark.parametrize(("device", "expected"), [("auto", ()), ("cpu", ()), ("cuda", (0,)), ("cuda:3", (3,))])
def test_transformers_needs_the_gpu_that_it_names(device: str, expected: tuple[int, ...]) -> None:
    options = RecognitionOptions.model_validate({"backend": "transformers", "transformers": {"device": device}})
    assert needs_of([options]).gpus == expected


def test_fields_need_what_their_answerer_needs() -> None:
    served, local, baseline = (
        needs_of([FieldsOptions.model_validate({"backend": backend})])
        for backend in ("vllm", "transformers", "label_neighbour")
    )
    assert served.packages == ("vllm", "torch", "transformers")
    assert served.models == (Model("fields.vllm.model", "Qwen/Qwen2-VL-2B-Instruct", None),)
    assert local.models == (Model("fields.transformers.model", "Qwen/Qwen2-VL-2B-Instruct", None),)
    assert baseline == Needs(), "Tesseract's models are looked for when it is built"


# Packages


def installed(monkeypatch: pytest.MonkeyPatch, **versions: str) -> None:
    def version(name: str) -> str:
        if name not in versions:
            raise PackageNotFoundError(name)
        return versions[name]

    monkeypatch.setattr(packages, "version", version)


def test_packages_are_compared_with_the_pins(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, torch="2.13.0+cu130", transformers="5.17.0")
    needs = Needs(packages=("torch", "transformers", "vllm"), faster_with=("torchvision",))
    found = packages.check_packages(needs, {"torch": "2.13.0", "transformers": "5.19.0", "vllm": "0.32.0"})
    assert [finding.state for finding in found] == [State.OK, State.WARNING, State.MISSING, State.WARNING]
    assert "tested with 5.19.0" in found[1].found
    assert found[2].advice == packages.INSTALL


def test_without_pins_any_version_does(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, torch="1.0")
    assert states(packages.check_packages(Needs(packages=("torch",)), {})) == [("torch", State.OK)]


def test_the_pins_are_those_of_the_gpu_extra() -> None:
    pyproject = (Path(__file__).resolve().parents[2] / "pyproject.toml").read_text()
    found = packages.pins()
    assert {"torch", "torchvision", "transformers", "vllm"} == set(found)
    for name, version in found.items():
        assert re.search(rf'"{re.escape(f"{name}=={version}")}["; ]', pyproject)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("cuda: Optional[str] = '13.0'\n", (13, 0)), ("cuda: Optional[str] = None\n", None), ("cuda = '12.8'", (12, 8))],
)
def test_the_cuda_of_torch_is_read_without_importing_it(
    text: str, expected: tuple[int, int] | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text("raise RuntimeError('imported')")
    (tmp_path / "torch" / "version.py").write_text(text)
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "torch")
    monkeypatch.syspath_prepend(tmp_path)
    assert packages.torch_cuda() == expected


# GPUs

CARD = Needs(gpus=(0,), gpu_memory_gib=60, share=0.75, fp8=True)


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> Callable[..., FakeNvml]:
    def put(*cards: FakeGpu, torch: tuple[int, int] | None = (13, 0), **values: Any) -> FakeNvml:
        fake = FakeNvml(*cards, **values)
        monkeypatch.setitem(sys.modules, "pynvml", fake)
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        monkeypatch.setattr(gpus, "torch_cuda", lambda: torch)
        return fake

    return put


def test_no_gpu_is_looked_for_where_none_is_needed(card: Callable[..., FakeNvml]) -> None:
    card(broken="no driver")
    assert gpus.check_gpus(Needs()) == []


def test_a_good_card_is_good(card: Callable[..., FakeNvml]) -> None:
    fake = card(FakeGpu())
    found = gpus.check_gpus(CARD)
    assert states(found) == [("driver", State.OK), ("CUDA", State.OK), ("GPU 0", State.OK)]
    assert found[2].found == "NVIDIA Test, 80.0 GiB, 70.0 free"
    assert fake.opened == 0


@pytest.mark.parametrize("why", ["no library", "no driver"])
def test_without_a_driver_it_is_said_what_to_install(
    why: str, card: Callable[..., FakeNvml], monkeypatch: pytest.MonkeyPatch
) -> None:
    card(broken="Driver Not Loaded")
    if why == "no library":
        monkeypatch.setitem(sys.modules, "pynvml", None)
    (found,) = gpus.check_gpus(CARD)
    assert (found.check, found.state) == ("driver", State.MISSING)
    assert ("nvidia-smi" if why == "no driver" else "pip install") in found.advice


@pytest.mark.parametrize(
    ("cards", "expected", "words"),
    [
        ([], State.MISSING, "0 visible, and number 0 is needed"),
        ([FakeGpu(used=30 * GIB)], State.MISSING, "vLLM will claim 60.0"),
        ([FakeGpu(total=24 * GIB, used=0)], State.WARNING, "the profile is made for 60"),
    ],
)
def test_memory_is_compared_with_what_is_claimed(
    cards: list[FakeGpu], expected: State, words: str, card: Callable[..., FakeNvml]
) -> None:
    card(*cards)
    found = gpus.check_gpus(CARD)[-1]
    assert found.state is expected
    assert words in found.found
    assert found.advice


@pytest.mark.parametrize(("capability", "words"), [((8, 0), "no fp8"), ((7, 5), "no bf16")])
def test_an_old_card_is_a_warning(capability: tuple[int, int], words: str, card: Callable[..., FakeNvml]) -> None:
    card(FakeGpu(capability=capability))
    found = gpus.check_gpus(CARD)[-1]
    assert found.state is State.WARNING
    assert words in found.found


@pytest.mark.parametrize(("torch", "expected"), [((13, 2), State.OK), ((14, 0), State.MISSING), (None, State.OK)])
def test_the_driver_has_to_know_the_cuda_of_torch(
    torch: tuple[int, int] | None, expected: State, card: Callable[..., FakeNvml]
) -> None:
    card(FakeGpu(), torch=torch)
    assert dict(states(gpus.check_gpus(CARD)))["CUDA"] is expected


def test_a_torch_for_the_cpu_is_no_use_to_a_gpu(card: Callable[..., FakeNvml]) -> None:
    card(FakeGpu(), torch=None)
    pytest.importorskip("torch", reason="made for a torch that is there")
    found = gpus.check_gpus(Needs(gpus=(0,), packages=("torch",)))
    assert ("torch for CUDA", State.MISSING) in states(found)


# Weights


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "hub"
    folder.mkdir()
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(folder))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")  # discard: no server listens
    return folder


def store(cache: Path, *files: str, index: tuple[str, ...] = ()) -> None:
    """Lay a checkpoint into the cache as the Hub's client does."""
    repository = cache / "models--someone--ocr"
    snapshot = repository / "snapshots" / "c0ffee"
    snapshot.mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("c0ffee")
    for name in files:
        (snapshot / name).write_bytes(b"{}")
    if index:
        weights = {f"layer.{number}": name for number, name in enumerate(index)}
        (snapshot / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weights}))


class Hub(ThreadingHTTPServer):
    """Answers as the Hub does."""

    def __init__(self, status: int, *, hangs: bool = False) -> None:
        super().__init__(("127.0.0.1", 0), _HubHandler)
        self.status = status
        self.may_answer = threading.Event()
        if not hangs:
            self.may_answer.set()
        self.asked: list[str] = []


class _HubHandler(BaseHTTPRequestHandler):
    server: Hub

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.server.may_answer.wait()
        size = {"rfilename": "model.safetensors", "size": 2_200_000_000}
        body = json.dumps({"id": "someone/ocr", "siblings": [size, {"rfilename": "a.bin", "size": 1}]}).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def hub(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Hub]]:
    servers: list[Hub] = []

    def start(status: int = 200, *, hangs: bool = False) -> Hub:
        server = Hub(status, hangs=hangs)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{server.server_port}")
        return server

    yield start
    for server in servers:
        server.may_answer.set()
        server.shutdown()
        server.server_close()


def test_weights_in_the_cache_are_found_without_asking_the_hub(cache: Path, hub: Callable[..., Hub]) -> None:
    server = hub()
    store(cache, "config.json", "model.safetensors")
    found = models.check_model(MODEL)
    assert found.state is State.OK
    assert "in the cache" in found.found
    assert server.asked == []


def test_half_a_download_is_not_in_the_cache(cache: Path, hub: Callable[..., Hub]) -> None:
    hub()
    store(cache, "config.json", "a.safetensors", index=("a.safetensors", "b.safetensors"))
    assert models.check_model(MODEL).state is State.WARNING


def test_weights_that_can_be_downloaded_are_a_warning_with_their_size(hub: Callable[..., Hub]) -> None:
    hub()
    found = models.check_model(Model(MODEL.option, MODEL.name, "abc"))
    assert found.state is State.WARNING
    assert "2.2 GB" in found.found
    assert "hf download someone/ocr --revision abc" in found.advice


@pytest.mark.parametrize(
    ("status", "words"), [(401, "hf auth login"), (403, "hf auth login"), (404, "recognition.vllm.model")]
)
def test_weights_that_the_hub_does_not_give(status: int, words: str, hub: Callable[..., Hub]) -> None:
    hub(status)
    found = models.check_model(MODEL)
    assert found.state is State.MISSING
    assert words in found.advice


def test_a_hub_that_hangs_is_not_waited_for(hub: Callable[..., Hub], monkeypatch: pytest.MonkeyPatch) -> None:
    hub(hangs=True)
    monkeypatch.setattr(models, "PATIENCE", 0.3)
    found = models.check_model(MODEL)
    assert found.state is State.MISSING
    assert "does not answer" in found.found


def test_offline_the_hub_is_not_asked(hub: Callable[..., Hub], monkeypatch: pytest.MonkeyPatch) -> None:
    server = hub()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    found = models.check_model(MODEL)
    assert found.state is State.MISSING
    assert "HF_HUB_OFFLINE" in found.found
    assert server.asked == []


@pytest.mark.parametrize(
    ("files", "state", "words"),
    [
        (("config.json", "model.safetensors"), State.OK, "GB"),
        (("config.json",), State.MISSING, "*.safetensors"),
        (("model.safetensors",), State.MISSING, "config.json"),
        (None, State.MISSING, "does not exist"),
    ],
)
def test_weights_in_a_folder(files: tuple[str, ...] | None, state: State, words: str, tmp_path: Path) -> None:
    folder = tmp_path / "checkpoint"
    if files is not None:
        folder.mkdir()
        for name in files:
            (folder / name).write_bytes(b"{}")
    found = models.check_model(Model("layout.pp_doclayout_v3.checkpoint", str(folder), None))
    assert found.state is state
    assert words in found.found


def test_a_token_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    found = models.check_token()
    assert found.found == "there is one"
    assert "secret" not in repr(found)
    monkeypatch.delenv("HF_TOKEN")
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", "/nowhere")
    assert "none" in models.check_token().found


# Room


def test_the_pages_of_a_folder_are_counted_up_to_the_limit(tmp_path: Path) -> None:
    write_pages(tmp_path / "source", 5)
    options = IngestOptions(source=str(tmp_path / "source"))
    everything = disk.count_pages(options, tmp_path, 10.0)
    assert (everything.pages, everything.whole) == (5, True)
    assert everything.images == sum(path.stat().st_size for path in (tmp_path / "source").glob("*.png"))
    limited = disk.count_pages(options.model_copy(update={"limit": 2}), tmp_path, 10.0)
    assert (limited.pages, limited.whole) == (2, True)
    assert disk.count_pages(options, tmp_path, 0.0).whole is False


def test_pages_on_the_hub_are_not_counted_over_the_network(tmp_path: Path) -> None:
    options = IngestOptions(source="hf://datasets/someone/corpus", limit=1000)
    assert disk.count_pages(options, tmp_path, 1.0) == disk.Workload(1000, 1000 * disk.page_bytes(200), True)
    assert disk.count_pages(options.model_copy(update={"limit": None}), tmp_path, 1.0).whole is False


def test_rendered_pages_grow_with_their_resolution() -> None:
    assert disk.page_bytes(100) == pytest.approx(143_000, rel=0.02)  # measured: see the module
    assert disk.page_bytes(300) == pytest.approx(637_000, rel=0.05)


@pytest.mark.parametrize(("free", "state"), [(10e9, State.OK), (0.5e9, State.MISSING)])
def test_the_corpus_has_to_fit(free: float, state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_pages(tmp_path / "source", 3)
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda path: type("Usage", (), {"free": int(free)}))
    needs = Needs(ingest=IngestOptions(source=str(tmp_path / "source")), searchable_pdf=True)
    (found,) = disk.check_disk(needs, tmp_path, tmp_path / "data")
    assert found.state is state
    assert "3 pages" in found.found


def test_a_source_that_is_not_there_is_said(tmp_path: Path) -> None:
    (found,) = disk.check_disk(Needs(ingest=IngestOptions(source=str(tmp_path / "nowhere"))), tmp_path, tmp_path)
    assert (found.check, found.state) == ("documents", State.MISSING)


# Ports, servers, Tesseract


def test_there_is_a_port_for_each_server() -> None:
    assert services.check_ports(Needs()) == []
    assert states(services.check_ports(Needs(servers=4))) == [("ports", State.OK)]


def test_without_ports_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "_LOCAL", "192.0.2.1")  # TEST-NET-1: no machine has it
    assert states(services.check_ports(Needs(servers=1))) == [("ports", State.MISSING)]


def test_whether_a_server_has_its_bytecode_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert services.check_bytecode(Needs()) == []
    package = tmp_path / "vllm"
    package.mkdir()
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("sys.pycache_prefix", None)
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    (finding,) = services.check_bytecode(Needs(servers=1))
    assert (finding.state, finding.advice) == (State.WARNING, f"python -m compileall -q -j 0 {tmp_path}")
    assert "ocr_project/compiled/bytecode" in finding.found
    monkeypatch.setattr("sys.dont_write_bytecode", False)
    assert services.check_bytecode(Needs(servers=1))[0].found.endswith("beside them")
    (package / "__pycache__").mkdir()
    assert states(services.check_bytecode(Needs(servers=1))) == [("bytecode", State.OK)]


def test_servers_are_asked_for_their_health(hub: Callable[..., Hub]) -> None:
    server = hub(200)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # not listening
        urls = f"http://127.0.0.1:{server.server_port}/v1", f"http://127.0.0.1:{taken.getsockname()[1]}"
        found = services.check_servers(Needs(urls=urls))
    assert [finding.state for finding in found] == [State.OK, State.MISSING]
    assert server.asked == ["/health"]


def test_tesseract_and_its_languages(tmp_path: Path) -> None:
    (there,) = services.check_tesseract(Needs(tesseract=TesseractOptions(languages="eng")))
    assert there.state is State.OK
    assert "eng" in there.found
    (lacking,) = services.check_tesseract(Needs(tesseract=TesseractOptions(languages="eng+xyz")))
    assert lacking.state is State.MISSING
    assert "tesseract-ocr-xyz" in lacking.advice


def test_the_model_that_tells_which_way_up_a_page_is(tmp_path: Path) -> None:
    assert states(services.check_orientation(Needs(orientation=True))) == [("orientation", State.OK)]
    (lacking,) = services.check_orientation(Needs(orientation=True, tessdata=tmp_path))
    assert lacking.state is State.WARNING
    assert f"no osd.traineddata in {tmp_path}" in lacking.found
    assert "tesseract-ocr-osd" in lacking.advice
    assert services.check_orientation(Needs(tessdata=tmp_path)) == [], "nothing asks it"


def test_the_folder_of_models_is_one_option(tmp_path: Path) -> None:
    (tmp_path / "eng.traineddata").write_bytes(b"model")
    needs = Needs(tesseract=TesseractOptions(languages="eng+xyz"), tessdata=tmp_path)
    (found,) = services.check_tesseract(needs)
    assert str(tmp_path) in found.found
    assert "xyz" in found.found
    assert "eng" not in found.found.split(str(tmp_path))[0]


def test_the_old_name_of_the_folder_of_models_says_where_it_went(tmp_path: Path) -> None:
    profile = Profile(recognition=RecognitionOptions(tesseract=TesseractOptions(tessdata=tmp_path)))
    (found,) = services.check_old_options(needs_of(profile.stages()))
    assert found.state is State.WARNING
    assert "runtime.tessdata" in found.advice


def test_the_laptop_is_well(tmp_path: Path) -> None:
    write_pages(tmp_path / "source", 1)
    profile = Profile(ingest=IngestOptions(source=str(tmp_path / "source")))
    assert states(examine(profile, tmp_path, tmp_path / "data")) == [
        ("Tesseract", State.OK),
        ("orientation", State.OK),
        ("disk", State.OK),
    ]


# The cheap half, before every run


def test_a_run_is_refused_where_a_package_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, torch="2.13.0")
    options = {"layout": LayoutOptions.model_validate({"backend": "pp_doclayout_v3"})}
    with pytest.raises(BackendError, match=r"need transformers: pip install"):
        preflight.check_backends(options, tmp_path)


def test_test_sets_are_refused_where_a_package_of_theirs_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "anls_star", None)  # as if it were not installed
    options = TestsetsOptions.model_validate({"sets": ["ocrbench"]})
    with pytest.raises(OptionError, match=r"test sets need anls_star, .* pip install 'ocr_project\[bench\]'"):
        preflight.check_test_sets(options)


def test_another_version_is_a_line_in_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    installed(monkeypatch, torch="2.11.0", transformers="5.19.0", torchvision="0.28.0")
    preflight.require_packages(Needs(packages=("torch", "transformers"), faster_with=("torchvision",)))
    assert [record.message.partition(";")[0] for record in caplog.records] == ["torch 2.11.0"]


def test_a_missing_model_of_orientation_is_one_line_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    options = {"layout": LayoutOptions(), "runtime": RuntimeOptions(tessdata=tmp_path)}
    preflight.check_backends(options, tmp_path)
    assert [record.message.partition(":")[0] for record in caplog.records] == [f"no osd.traineddata in {tmp_path}"]
    caplog.clear()
    preflight.check_backends({"layout": LayoutOptions(), "runtime": RuntimeOptions()}, tmp_path)
    assert not caplog.records


@pytest.mark.parametrize(("free", "warned"), [(100e9, False), (0.52e9, True)])
def test_little_room_is_a_line_in_the_log(
    free: float, warned: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda path: type("Usage", (), {"free": int(free)}))
    needs = needs_of([IngestOptions(limit=64), TranscriptOptions(), RuntimeOptions()])
    preflight.warn_of_disk(needs, tmp_path / "data" / "not yet there")
    assert bool(caplog.records) is warned


@pytest.mark.parametrize(("gpus", "launch", "said"), [(1, None, 0), (2, None, 1), (8, None, 1), (8, Path("x"), 0)])
def test_many_cards_are_better_fed_by_a_process_each(
    gpus: int, launch: Path | None, said: int, caplog: pytest.LogCaptureFixture
) -> None:
    recognition = RecognitionOptions.model_validate({"backend": "vllm", "vllm": {"gpus": list(range(gpus))}})
    preflight.warn_of_many_cards({"recognition": recognition, "runtime": RuntimeOptions(launch=launch)})
    assert [f"recognition uses {gpus} GPUs" in record.message for record in caplog.records] == [True] * said
    served = recognition.model_copy(update={"vllm": recognition.vllm.model_copy(update={"urls": ("http://there:1",)})})
    caplog.clear()
    preflight.warn_of_many_cards({"recognition": served})
    assert not caplog.records, "they are another machine's"
