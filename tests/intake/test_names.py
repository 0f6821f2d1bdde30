"""Names of uploaded files: what is kept of one, and which of them are told as unusual."""

import pytest

from core.intake.names import clean_name


@pytest.mark.parametrize(
    "name",
    [
        "results.csv",
        "results",
        "support.final.csv",
        "run.traces.2026-06-01.v2.jsonl",
        "bot_v1.2-nightly.prod.parquet",
        "2026-06-01T08-00-00+00-00_task_x.eval",
        "acme.com.csv",
        "größe 助手.entwurf.csv",
    ],
)
def test_an_ordinary_name_is_kept_and_not_told(name: str) -> None:
    assert clean_name(name) == (name, False)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("traces.csv.exe.csv", "traces.csv.exe.csv"),
        ("traces.EXE.csv", "traces.EXE.csv"),
        ("run.sh.jsonl", "run.sh.jsonl"),
        ("page.html.json", "page.html.json"),
        ("folder/traces.csv", "traces.csv"),
        ("a\u202eb.csv", "ab.csv"),
        ("<b>.csv", "_b_.csv"),
        ("x" * 300, "x" * 150),
        ("", "file"),
    ],
)
def test_an_odd_name_is_cleaned_and_told(name: str, kept: str) -> None:
    assert clean_name(name) == (kept, True)
