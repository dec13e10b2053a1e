"""VLMHyperBench's file of runs, in all spellings, and everything that is wrong with it at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from ocr_project.bench.matrix.user_config import AskedRun, Framework, read_user_config
from ocr_project.domain.errors import OptionError, SourceError
from ocr_project.domain.options.matrix import MatrixOptions

NEW = (
    "dataset;task;framework;model_name;system_prompt;prompt_collection;metrics;only_evaluate_metrics;"
    "metrics_aggregators;filter_doc_class;filter_question_type\n"
    "demo;VQA;Hugging Face;Qwen2-VL-2B-Instruct;;demo/human.csv;['CER', 'WER'];False;"
    "['by_id', 'by_doc_question', 'by_doc_type', 'general'];passport;Номер и серия\n"
)
OLD = (
    "dataset|framework|model|docker_image|system_promt|prompt_collection|metrics|only_evaluate_metrics|"
    "metrics_aggregators\n"
    'demo|Hugging Face|Qwen2-VL-2B-Instruct|image:1|""|demo/human.csv|["WER","CER","BLEU"]|Fasle|'
    '["by_id","by_doc_type","overall"]\n'
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A checkout as theirs: the file of runs on top, data two folders below."""
    data = tmp_path / "vlmhyperbench" / "data_dirs"
    (data / "Datasets/VQA/demo/images").mkdir(parents=True)
    (data / "PromptCollections/VQA/demo").mkdir(parents=True)
    (data / "PromptCollections/VQA/demo/human.csv").write_text("prompt;doc_class_question_type\n")
    (data / "SystemPrompts/demo/Qwen2-VL-2B-Instruct").mkdir(parents=True)
    (data / "SystemPrompts/demo/Qwen2-VL-2B-Instruct/sys_prompt_3.txt").write_text("Be brief.")
    return tmp_path


def asked(home: Path, text: str, name: str = "user_config.csv", **options: object) -> list[AskedRun]:
    path = home / name
    path.write_text(text, encoding="utf-8")
    return read_user_config(path, MatrixOptions.model_validate(options))


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_their_file_is_read_as_it_is(home: Path, mark: str) -> None:
    (run,) = asked(home, mark + NEW)
    assert (run.row, run.dataset, run.framework) == (2, "demo", Framework.HUGGING_FACE)
    assert run.folder == home / "vlmhyperbench/data_dirs/Datasets/VQA/demo"
    assert run.checkpoint == "Qwen/Qwen2-VL-2B-Instruct"
    assert run.prompts == home / "vlmhyperbench/data_dirs/PromptCollections/VQA/demo/human.csv"
    assert (run.metrics, run.only_evaluate) == (("CER", "WER"), False)
    assert run.aggregators == ("by_id", "by_doc_question", "by_doc_type", "overall")
    assert (run.doc_class, run.question_type, run.system_prompt) == ("passport", "Номер и серия", None)


def test_the_spelling_of_before(home: Path) -> None:
    (run,) = asked(home, OLD)
    assert run.metrics == ("WER", "CER", "BLEU")
    assert run.aggregators == ("by_id", "by_doc_type", "overall")
    assert (run.docker_image, run.system_prompt, run.only_evaluate) == ("image:1", None, False)


def test_commas_between_cells_and_blanks_after_them(home: Path) -> None:
    text = 'dataset, framework, model, metrics, system_prompt\ndemo, vLLM, Qwen2-VL-2B-Instruct,"[""CER"", ""WER""]", '
    (run,) = asked(home, text + "sys_prompt_3.txt\n")
    assert (run.framework, run.metrics) == (Framework.VLLM, ("CER", "WER"))
    assert run.system_prompt is not None
    assert run.system_prompt.read_text() == "Be brief."


def test_everything_wrong_is_said_at_once_with_row_and_column(home: Path) -> None:
    rows = (
        "nowhere;VQA;Hugging Face;Qwen2-VL-2B-Instruct;;;['CER'];False;;;\n"
        ";VQA;TGI;somebodys-model;;none.csv;['CER', 'FID'];perhaps;['by_moon'];;\n"
        "demo;Sorting;SGLang;Qwen2-VL-2B-Instruct;;;['CER';False;;;\n"
    )
    with pytest.raises(OptionError) as caught:
        asked(home, NEW.splitlines(keepends=True)[0] + rows)
    said = str(caught.value)
    assert "11 faults; nothing was run" in said
    for start in (
        "row 2, column dataset: there is no folder",
        "row 3, column dataset: is empty",
        "row 3, column framework: 'TGI' is not known; use Hugging Face, vLLM, SGLang",
        "row 3, column model: it is not known where 'somebodys-model' is",
        "row 3, column prompt_collection: there is no file",
        "row 3, column metrics: FID: not known",
        "row 3, column metrics_aggregators: by_moon: not known",
        "row 3, column only_evaluate_metrics: 'perhaps' is neither True nor False",
        "row 4, column task: 'Sorting' is not done here",
        "row 4, column framework: no server of SGLang is started here",
    ):
        assert f"user_config.csv: {start}" in said


def test_a_list_that_is_cut_is_a_fault(home: Path) -> None:
    with pytest.raises(OptionError, match=r"row 2, column metrics: \['CER' is not a list"):
        asked(home, "dataset;framework;model;metrics\ndemo;vLLM;Qwen/x;['CER'\n")


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("dataset;framework", "there is no column model"),
        ("dataset;framework;model;model_name", "the column model is there twice"),
        ("dataset;framework;model;temperature", "the column temperature is not known"),
        ("", "is empty; its first line has to name the columns"),
    ],
)
def test_a_header_that_is_wrong(home: Path, header: str, said: str) -> None:
    with pytest.raises((OptionError, SourceError), match=said):
        asked(home, f"{header}\n")


def test_servers_that_run_already_are_named_by_model_framework_or_column(home: Path) -> None:
    text = "dataset;framework;model;url\ndemo;SGLang;mine;\ndemo;vLLM;mine;http://b:1\n"
    first, second = asked(home, text, urls={"SGLang": ("http://a:1",)})
    assert (first.urls, first.checkpoint) == (("http://a:1",), "mine")
    assert second.urls == ("http://b:1",)


def test_the_list_of_models_is_found_beside_the_data(home: Path) -> None:
    (home / "vlmhyperbench/vlm_base.csv").write_text(
        "framework;model_family;model_name;docker_image;git_python_package;python_package;module;class_name\n"
        "vLLM;Qwen9-VL;Small;image:9;git;package;module;Class\n"
    )
    (run,) = asked(home, "dataset;framework;model\ndemo;vLLM;Small\n")
    assert (run.checkpoint, run.docker_image) == ("Qwen/Small", "image:9")


def test_yaml_lists_are_a_run_each(home: Path) -> None:
    text = """
    runs:
      - dataset: demo
        framework: [vLLM, Hugging Face]
        model: Qwen2-VL-2B-Instruct
        pixels: [1003520, 501760]
        metrics: [CER, WER]
      - {dataset: demo, framework: Tesseract, model: tesseract}
    """
    runs = asked(home, text, "runs.yml")
    assert [(run.framework.value, run.pixels) for run in runs] == [
        ("vLLM", 1003520), ("vLLM", 501760), ("Hugging Face", 1003520), ("Hugging Face", 501760), ("Tesseract", None),
    ]  # fmt: skip
    assert runs[0].metrics == ("CER", "WER")
    with pytest.raises(OptionError, match="entry 1, column colour: is not known"):
        asked(home, "- {dataset: demo, framework: vLLM, model: a/b, colour: red}", "runs.yml")
