"""The files that an eval set can be handed out as, by the names that the command line knows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from core.evidence.eval_case import EvalCase
from core.export.case_lines import (
    deepeval_goldens,
    inspect_lines,
    langfuse_items,
    langsmith_examples,
    openai_samples,
    own_lines,
    ragas_samples,
)
from core.export.case_promptfoo import promptfoo_csv, promptfoo_yaml
from core.export.case_sheets import sheet_csv, sheet_xlsx

_CSV, _JSON, _JSONL, _YAML = "text/csv", "application/json", "application/jsonl", "application/yaml"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class CaseFormat:
    """One way to write an eval set; ``ending`` follows the slug in the file's name.

    ``note`` says in a sentence whom the file is for and what comes back. ``is_for_people`` are the files
    that a spreadsheet opens: in these, and only in these, what looks like a formula is made harmless.
    """

    name: str
    label: str
    ending: str
    mime: str
    write: Callable[[Sequence[EvalCase]], bytes]
    note: str
    is_for_people: bool = False

    def file_name(self, slug: str) -> str:
        return f"{slug}-{self.ending}"


_EVERY = (
    CaseFormat(
        "promptfoo",
        "promptfoo (YAML)",
        "promptfooconfig.yaml",
        _YAML,
        promptfoo_yaml,
        "A whole config that runs at once. Results come back with the case id.",
    ),
    CaseFormat(
        "promptfoo-csv",
        "promptfoo (CSV)",
        "promptfoo-tests.csv",
        _CSV,
        promptfoo_csv,
        "Tests for a config of your own. Results come back with the case id. Not for a spreadsheet.",
    ),
    CaseFormat(
        "inspect",
        "Inspect (JSONL)",
        "inspect.jsonl",
        _JSONL,
        inspect_lines,
        "Samples for json_dataset. The log comes back with the case id.",
    ),
    CaseFormat(
        "deepeval",
        "DeepEval (JSON)",
        "deepeval-goldens.json",
        _JSON,
        deepeval_goldens,
        "Goldens. Results come back with the case id where test cases take the golden's name or metadata.",
    ),
    CaseFormat(
        "openai-evals",
        "OpenAI evals (JSONL)",
        "openai-evals.jsonl",
        _JSONL,
        openai_samples,
        "Samples for oaieval. Its log names a sample by its line, not by its case id.",
    ),
    CaseFormat(
        "langsmith",
        "LangSmith (JSONL)",
        "langsmith.jsonl",
        _JSONL,
        langsmith_examples,
        "Examples for a data set. Results come back with the case id as reference.case_id.",
    ),
    CaseFormat(
        "langfuse",
        "Langfuse (CSV)",
        "langfuse-items.csv",
        _CSV,
        langfuse_items,
        "Items for a data set. Results come back with the case id in the item's metadata.",
    ),
    CaseFormat(
        "ragas",
        "Ragas (JSONL)",
        "ragas.jsonl",
        _JSONL,
        ragas_samples,
        "Samples for EvaluationDataset. Ragas knows no ids: its results are told by their question.",
    ),
    CaseFormat(
        "jsonl",
        "Readygate (JSONL)",
        "cases.jsonl",
        _JSONL,
        own_lines,
        "Everything that is known of each case, for programs of your own.",
    ),
    CaseFormat(
        "csv",
        "CSV for a spreadsheet",
        "cases.csv",
        _CSV,
        sheet_csv,
        "To read and discuss. What looks like a formula has an apostrophe before it: not for tools.",
        is_for_people=True,
    ),
    CaseFormat(
        "xlsx",
        "Excel",
        "cases.xlsx",
        _XLSX,
        sheet_xlsx,
        "To read and discuss. Every text is text, never a formula.",
        is_for_people=True,
    ),
)

FORMATS: Mapping[str, CaseFormat] = MappingProxyType({one.name: one for one in _EVERY})
"""Format by name, in the order in which they are offered."""
