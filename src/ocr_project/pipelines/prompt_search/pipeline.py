"""Documents with known fields to a collection of prompts."""

from __future__ import annotations

from kedro.pipeline import Pipeline, node, pipeline

from ocr_project.pipelines.prompt_search.nodes import search_prompts


def create_pipeline() -> Pipeline:
    """Return the pipeline `prompt_search`: prompt_tries, prompt_table, prompt_collection, …, prompt_page."""
    return pipeline(
        [
            node(
                search_prompts,
                inputs={
                    "scratch": "scratch",
                    "project": "project",
                    "fields": "params:fields",
                    "options": "params:prompt_search",
                    "runtime": "params:runtime",
                },
                outputs=["prompt_tries", "prompt_table", "prompt_collection", "prompt_search_metrics", "prompt_page"],
                name="search_prompts",
            )
        ],
        tags="prompt_search",
    )
