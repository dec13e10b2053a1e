"""The report of a matrix in a real browser: it needs no script, refers to nothing outside, and reads in its language.

What is measured in the page is measured by a script that a copy of it gets, which loses the policy that forbids it.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from ocr_project.bench.matrix.judging import compare_matrix
from ocr_project.bench.matrix.performing import Common, failed_facts, perform
from ocr_project.bench.matrix.plan import plan_runs
from ocr_project.bench.matrix.results import read_matrix, write_facts, write_matrix
from ocr_project.bench.matrix.user_config import read_user_config
from ocr_project.bench.report.matrix_build import build_matrix_report
from ocr_project.bench.report.matrix_model import MatrixReport
from ocr_project.bench.report.matrix_page import texts_of, write_matrix_report
from ocr_project.domain.options import FieldsOptions, MatrixOptions, ReportLanguage, RuntimeOptions
from ocr_project.testing.fake_vllm import FakeVllm
from tests.bench.matrix.small_set import reader, write_set

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
needs_browser = pytest.mark.skipif(
    CHROMIUM is None,
    reason="no Chromium on this machine, so the report was NOT looked at in a browser: apt-get install chromium",
)
ATTACK = "<img src=x onerror=\"document.title='owned'\">"
LOOK = """<script>
const count = (selector) => document.querySelectorAll(selector).length;
const shown = (selector) => Array.from(document.querySelectorAll(selector)).filter((node) => node.checkVisibility());
const seen = {
  runs: shown("table.runs tbody tr").length, dots: shown(".run-dot").length, front: count("polyline.front"),
  heat: shown(".heat td").length, curves: count("polyline.curve"), rings: count(".chosen-ring"),
  images: shown("#cards img").filter((image) => image.naturalWidth > 40).length, cards: shown("#cards .card").length,
  best: shown(".mark-best").length, notes: shown(".notes p").length, scripts: count("script") - 1,
  wide: [document.documentElement.scrollWidth, document.documentElement.clientWidth],
  dark: getComputedStyle(shown(".heat td")[1]).backgroundColor,
};
document.body.textContent = "SEEN" + JSON.stringify(seen) + "SEEN";
</script></body>"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> MatrixReport:
    """A matrix of three models, one of them at two resolutions and one failed, over clean and damaged images."""
    home = tmp_path_factory.mktemp("matrix")
    write_set(home / "Datasets/VQA/small", documents=12, kinds=2)
    options = MatrixOptions(resamples=500, report_answers=5)
    fast = FieldsOptions.model_validate({"vllm": {"crop_workers": 1}})
    config = home / "user_config.csv"

    def spoilt(image: bytes, prompt: str, body: object) -> str:
        return ATTACK if "date" in prompt else reader(wrong=2)(image, prompt, {})

    with FakeVllm(model="good", read=reader()) as good, FakeVllm(model="bad", read=spoilt) as bad:
        rows = f"small;vLLM;good;{good.url};400000\nsmall;vLLM;good;{good.url};100000\nsmall;vLLM;bad;{bad.url};\n"
        config.write_text(f"dataset;framework;model;url;pixels\n{rows}small;URL;away;http://127.0.0.1:9;\n")
        runs = plan_runs(config, read_user_config(config, options), options, fast)
        common = Common(home / "runs", options, RuntimeOptions(progress=False))
        facts = [perform(run, common) for run in runs[:3]]
        write_facts(common.home, failed_facts(runs[3], f"the server is away {ATTACK}"))
    cost = {"weights_gib": 4.1, "activations_gib": 1.2, "kv_longest_gib": 0.1, "needed_gib": 5.4, "peak_gib": 60.0}
    for place, one in enumerate(facts):
        more = {name: value + place for name, value in cost.items()}
        cards = ("NVIDIA H100",) if place else ("NVIDIA L4",)
        known = dataclasses.replace(one, cost={**one.cost, **more}, cards=cards, dummy=place == 2)
        write_facts(common.home, known)
    write_matrix(common.home, [run.folder for run in runs])
    comparisons = compare_matrix(read_matrix(common.home), options)
    return build_matrix_report(comparisons, options, "today", {"commit": "0" * 40})


def dump(path: Path, width: int) -> str:
    """Return the document as it stands after it was loaded."""
    assert CHROMIUM
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    command = [CHROMIUM, "--headless", *sandbox, "--disable-gpu", "--disable-quic", "--no-first-run"]
    command += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    command += [f"--user-data-dir={path.parent / 'profile'}", f"--window-size={width},1500", "--dump-dom"]
    done = subprocess.run([*command, path.as_uri()], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@needs_browser
@pytest.mark.parametrize("width", [1400, 420])
def test_everything_is_there_without_a_script_and_nothing_scrolls_sideways(
    report: MatrixReport, tmp_path: Path, width: int
) -> None:
    path = tmp_path / "matrix.html"
    write_matrix_report(path, report, ReportLanguage.ENGLISH, 2)
    page = path.read_text(encoding="utf-8")
    assert "<script" not in page
    assert "http://www" not in page
    copy = tmp_path / "looked.html"
    unlocked = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
    copy.write_text(unlocked.replace("</body>", LOOK), encoding="utf-8")
    match = re.search(r"SEEN(.*)SEEN", dump(copy, width), re.DOTALL)
    assert match
    seen = json.loads(match[1])
    assert (seen["runs"], seen["dots"], seen["front"]) == (4, 6, 2), "three runs with both costs, in two plots"
    assert seen["heat"] == 3 * 6
    assert seen["curves"] == 3 + 1 + 1 + 3, "CER of all and two kinds, time, memory; damage of three runs"
    assert seen["rings"] == 3
    assert (seen["cards"], seen["images"]) == (5, 5)
    assert seen["best"] >= 1
    assert seen["notes"] == 3, "random weights, unlike cards, a run that failed"
    assert seen["wide"][0] <= seen["wide"][1]
    assert seen["dark"] != "rgba(0, 0, 0, 0)"


@needs_browser
def test_text_of_a_model_is_not_run(report: MatrixReport, tmp_path: Path) -> None:
    path = tmp_path / "matrix.html"
    write_matrix_report(path, report, ReportLanguage.KOREAN)
    dom = dump(path, 1400)
    assert "<title>모델 비교</title>" in dom
    assert '<html lang="ko">' in dom
    assert "&lt;img src=x" in dom


@pytest.mark.parametrize("language", list(ReportLanguage))
def test_each_language_has_all_texts_with_the_same_places(language: ReportLanguage) -> None:
    english, other = texts_of(ReportLanguage.ENGLISH), texts_of(language)
    assert list(other) == list(english)
    places = re.compile(r"\{\w+\}")
    for name, text in english.items():
        assert sorted(places.findall(other[name])) == sorted(places.findall(text)), name
        assert (
            language is ReportLanguage.ENGLISH or name in ("cer", "wer", "anls", "cer_percent") or other[name] != text
        )
