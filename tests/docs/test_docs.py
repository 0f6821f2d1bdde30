"""The pages of docs/ and the program must not drift apart."""

import argparse
import ast
import json
import re
import runpy
import shlex
import tomllib
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.actions.applying import AppliedFile, apply
from core.actions.bundle_files import read_bundle_file
from core.actions.importing import run_import
from core.actions.imports import start_import
from core.actions.people import LOCAL_CALLER
from core.actions.rollout_past import PastStart, record_past
from core.actions.workspace import Workspace, open_workspace
from core.cli import exit_codes
from core.cli.command import main
from core.cli.gating import EXIT_OF_VERDICT
from core.cli.parser import parser
from core.criteria.stakes import Stakes
from core.criteria.verdict import Verdict
from core.evidence.bundle_parts import BundlePart
from core.evidence.columns import COLUMNS
from core.intake.answers import Answers
from core.metrics.catalogue import CATALOGUE
from core.rollout.bundle import WayBack
from core.rollout.lint import RULES
from core.rollout.plan import read_plan

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
TEXTS = {page.name: page.read_text(encoding="utf-8") for page in PAGES}
LINK = re.compile(r"(!?)\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def subcommands() -> Mapping[str, argparse.ArgumentParser]:
    choosing = [one for one in parser()._actions if isinstance(one, argparse._SubParsersAction)]
    return choosing[0].choices


def blocks(page: str, language: str, marker: str = "") -> list[str]:
    """The code blocks of a page in ``language``, after the comment ``<!-- marker -->`` where one is asked."""
    before = rf"<!-- {marker} -->\n" if marker else ""
    return re.findall(rf"{before}```{language}\n(.*?)```", TEXTS[page], re.DOTALL)


def error_codes() -> Iterator[str]:
    """Every constant that the program uses as the code of an error, a rejected row or a notice."""
    for file in (ROOT / "core").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = (
                    node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                )
                stated = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
                if name in ("Fault", "Faulty") or (name == "add" and "notices" in ast.dump(node.func)):
                    stated += node.args[:1]
                for value in stated:
                    yield from (
                        one.value for one in ast.walk(value) if isinstance(one, ast.Constant) and one.value
                    )
            elif isinstance(node, ast.ClassDef) and file.name == "errors.py":
                for line in node.body:
                    if isinstance(line, ast.Assign) and isinstance(line.value, ast.Constant):
                        yield str(line.value.value)


# What the pages must mention


@pytest.mark.parametrize("page", [page.name for page in PAGES])
def test_the_tables_are_those_that_the_code_gives(page: str) -> None:
    anew = runpy.run_path(str(DOCS / "tables.py"))["page_with_tables"]
    assert anew(TEXTS[page]) == TEXTS[page], "run: python docs/tables.py"


def test_every_column_is_documented() -> None:
    wanted = {column.name for columns in COLUMNS.values() for column in columns}
    assert {name for name in wanted if f"| `{name}`" not in TEXTS["formats.md"]} == set()


def test_every_metric_is_documented() -> None:
    assert {name for name in CATALOGUE if f"| `{name}` |" not in TEXTS["methods.md"]} == set()


def test_every_plan_rule_is_documented() -> None:
    assert {rule.id for rule in RULES if f"| `{rule.id}` |" not in TEXTS["plan-rules.md"]} == set()


def test_the_written_out_plan_can_be_used() -> None:
    (text,) = blocks("command-line.md", "toml", "plan")
    assert read_plan(tomllib.loads(text)["plan"]).phases[0].minimum_days == 14
    (text,) = blocks("command-line.md", "toml", "bundle")
    assert read_bundle_file("release.toml", text.encode()).part(BundlePart.PROMPT).version == "v14"


def test_every_error_code_is_documented() -> None:
    codes = set(error_codes())
    assert {"unknown_feature", "not_a_number", "too_few_fields", "mojibake", "busy"} <= codes
    assert {code for code in codes if f"`{code}`" not in TEXTS["formats.md"]} == set()


def test_every_answer_of_a_mapping_file_is_documented() -> None:
    assert {name for name in Answers.model_fields if f"| `{name}` |" not in TEXTS["formats.md"]} == set()


def test_every_environment_variable_is_documented_and_every_documented_one_exists() -> None:
    sources = [*(ROOT / "core").rglob("*.py"), *(ROOT / "tests").rglob("*.py"), ROOT / "app.py"]
    pattern = re.compile(r"\bREADYGATE_[A-Z_]+\b")
    used = {name for file in sources for name in pattern.findall(file.read_text(encoding="utf-8"))}
    documented = {name for text in TEXTS.values() for name in pattern.findall(text)}
    assert documented == used


def test_every_verdict_and_all_stakes_are_explained_to_product_managers() -> None:
    guide = TEXTS["user-guide.md"]
    words = [verdict.value.replace("_", " ").upper().replace("NO GO", "NO-GO") for verdict in Verdict]
    assert [word for word in words if f"| **{word}** |" not in guide] == []
    assert [stakes for stakes in Stakes if f"| {stakes.capitalize()} |" not in guide] == []


# The command line


@pytest.mark.parametrize("name", subcommands())
def test_every_command_has_a_section_with_its_options_and_examples(name: str) -> None:
    sections = re.split(r"^## ", TEXTS["command-line.md"], flags=re.MULTILINE)
    section = next((one for one in sections if one.startswith(f"readygate {name}\n")), "")
    assert f"\nreadygate {name}" in section
    own = {option for action in subcommands()[name]._actions for option in action.option_strings}
    own -= {"-h", "--help", "--home", "--json"}
    assert {option for option in own if option not in section} == set()


EXAMPLES = sorted(
    {line for page in TEXTS for block in blocks(page, "sh") for line in block.splitlines()}
    | {line.strip() for block in blocks("command-line.md", "yaml") for line in block.splitlines()}
    | {str(one.epilog).removeprefix("Example: ") for one in subcommands().values()}
)


@pytest.mark.parametrize("line", [line for line in EXAMPLES if line.startswith("readygate ")])
def test_every_example_is_a_command_that_parses(line: str) -> None:
    words = shlex.split(line, comments=True)[1:]
    ended = next((place for place, word in enumerate(words) if word in (">", "||", "|")), len(words))
    assert parser().parse_args(words[:ended]).command


def test_every_exit_code_is_documented() -> None:
    codes = {*EXIT_OF_VERDICT.values(), exit_codes.WRONG_USAGE, exit_codes.UNREADABLE}
    codes |= {exit_codes.UNAVAILABLE, exit_codes.BUG}
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", TEXTS["command-line.md"], re.MULTILINE)}
    assert documented == codes


# The examples


@pytest.mark.parametrize("text", blocks("formats.md", "toml", "mapping"))
def test_the_mapping_file_in_toml_can_be_used(text: str) -> None:
    assert {"run_id", "case_id"} & set(Answers.model_validate(tomllib.loads(text)).columns.values())


def test_the_release_file_can_be_used() -> None:
    (text,) = blocks("formats.md", "toml", "release")
    bundle = read_bundle_file("release.toml", text.encode())
    assert bundle.name == "2026-11"
    assert {name for name in WayBack.model_fields if f"`{name}`" not in TEXTS["formats.md"]} == set()


@pytest.mark.parametrize("text", blocks("formats.md", "json", "mapping"))
def test_the_mapping_file_in_json_can_be_used(text: str) -> None:
    assert Answers.model_validate(json.loads(text)).columns["Test"] == "case_id"


@pytest.fixture
def workspace(home: Path, now: datetime) -> Iterator[Workspace]:
    """A home with the feature of the apply example, its checklist locked, and the files of formats.md."""
    opened = open_workspace(home, "sqlite:///" + str(home / "readygate.db"))
    (example,) = blocks("command-line.md", "toml", "apply")
    apply(opened, LOCAL_CALLER, now, AppliedFile.model_validate(tomllib.loads(example)), lock=True)
    yield opened
    opened.close()


def sample_files(folder: Path) -> list[Path]:
    """The sample files of formats.md: traces and labels as CSV, eval results as JSON lines."""
    traces, labels = blocks("formats.md", "csv")
    results = blocks("formats.md", "json")[0]
    paths = []
    for name, text in {"traces.csv": traces, "labels.csv": labels, "results.jsonl": results}.items():
        paths.append(folder / name)
        paths[-1].write_text(text, encoding="utf-8")
    return paths


def test_the_sample_files_are_read_without_a_question(
    workspace: Workspace, now: datetime, tmp_path: Path
) -> None:
    kinds = []
    for path in sample_files(tmp_path):
        with path.open("rb") as content:
            upload = start_import(
                workspace,
                LOCAL_CALLER,
                now,
                "refund-agent",
                file_name=path.name,
                content=content,
                for_worker=False,
            )
        report = run_import(workspace, upload, lambda: now).report or {}
        # A sample without a time column says that it has none.
        assert {notice["code"] for notice in report["warnings"]} <= {"undated"}
        assert (report["read"], report["accepted"]) == (2, 2)
        assert not [use["header"] for use in report["columns"] if use["canonical"] is None]
        kinds.append(report["kind"])
    assert kinds == ["traces", "labels", "evals"]


def keys_of(value: Any) -> Any:
    """The shape of a JSON value: its keys, and those of the first element of each list."""
    if isinstance(value, dict):
        return {key: keys_of(part) for key, part in value.items()}
    return [keys_of(value[0])] if isinstance(value, list) and value else None


def common(documented: Any, told: Any) -> tuple[Any, Any]:
    """Both shapes without the parts below a key that is empty in one of them."""
    if isinstance(documented, dict) and isinstance(told, dict) and documented.keys() == told.keys():
        pairs = {key: common(documented[key], told[key]) for key in documented}
        return {key: one for key, (one, _) in pairs.items()}, {key: two for key, (_, two) in pairs.items()}
    if documented is None or told is None:
        return None, None
    if isinstance(documented, list) and isinstance(told, list):
        one, two = common(documented[0], told[0])
        return [one], [two]
    return documented, told


def test_the_json_of_every_command_has_the_keys_that_are_documented(
    workspace: Workspace, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [str(path) for path in sample_files(tmp_path)]
    labels = Path(files[1])
    labels.write_text(
        labels.read_text(encoding="utf-8") + "a-3,perhaps,yes,no,Ada,random\n", encoding="utf-8"
    )
    asked = {
        "import": ["import", str(labels), *files, "--feature", "refund-agent"],
        "features": ["features"],
        "metrics": ["metrics", "refund-agent"],
        "gate": ["gate", "refund-agent"],
        "lint": ["lint", "refund-agent"],
        "flags": ["flags", "refund-agent", "--format", "json"],
        "doctor": ["doctor"],
        "report": ["report", "refund-agent", "-o", str(tmp_path / "report.html")],
        "backup": ["backup", str(tmp_path / "backups")],
        "people": ["people"],
    }
    assert main(["grant", "ada@example.com", "admin", "--home", str(home)]) == 0
    capsys.readouterr()
    for name, words in asked.items():
        assert main([*words, "--home", str(home), "--json"]) in (0, 1, 2, 3)
        told = json.loads(capsys.readouterr().out)
        (example,) = blocks("command-line.md", "json", f"json: {name}")
        one, two = common(keys_of(json.loads(example)), keys_of(told))
        assert one == two, name


def test_a_restore_tells_the_keys_that_are_documented(
    workspace: Workspace, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["backup", str(tmp_path / "backups"), "--home", str(home)]) == 0
    (made,) = (tmp_path / "backups").iterdir()
    capsys.readouterr()
    assert main(["restore", str(made), "--home", str(tmp_path / "new"), "--json"]) == 0
    (example,) = blocks("command-line.md", "json", "json: restore")
    assert keys_of(json.loads(capsys.readouterr().out)) == keys_of(json.loads(example))


@pytest.mark.parametrize("command", ["pause", "rollback"])
def test_a_stop_tells_the_keys_that_are_documented(
    workspace: Workspace, home: Path, now: datetime, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    begun = PastStart("beta", now.date() - timedelta(days=3))
    record_past(workspace, LOCAL_CALLER, now, "refund-agent", [begun])
    words = [command, "refund-agent", "--reason", "Wrong refunds", "--home", str(home), "--json"]
    assert main(words) == 0
    (example,) = blocks("command-line.md", "json", "json: pause")
    assert keys_of(json.loads(capsys.readouterr().out)) == keys_of(json.loads(example))
    assert main(words) == exit_codes.WRONG_USAGE


# Links


def anchors(text: str) -> set[str]:
    folded = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(text)]
    return {heading.strip().replace(" ", "-") for heading in folded}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    lost = []
    for picture, target in LINK.findall(TEXTS[page.name]):
        path, _, anchor = target.partition("#")
        if picture or "://" in target:
            continue
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in anchors(file.read_text(encoding="utf-8"))):
            lost.append(target)
    assert lost == []


def test_every_picture_is_one_that_the_script_takes() -> None:
    script = (DOCS / "screenshots.py").read_text(encoding="utf-8")
    taken = {f"images/{name}.png" for name in re.findall(r'Picture\("(\w+)"', script)}
    shown = {target for text in TEXTS.values() for picture, target in LINK.findall(text) if picture}
    shown -= {
        target for target in shown if target.startswith("images/methods/")
    }  # these have a test of their own
    assert shown
    assert shown <= taken


def test_every_page_is_in_the_index() -> None:
    targets = {target for _, target in LINK.findall(TEXTS["README.md"])}
    pages = {str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")} - {"README.md"}
    assert pages - targets == set()
