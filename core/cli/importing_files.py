"""The sub-command `import`."""

import argparse
import sys
from argparse import Namespace
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.actions.features import find_feature
from core.actions.importing import run_import
from core.actions.imports import start_import
from core.actions.workspace import Workspace
from core.cli.caller import caller
from core.cli.telling import error_as_json, tell_error, tell_json, tell_report
from core.errors import UnreadableFile, UserError
from core.intake.answers import Answers, load_answers
from core.intake.reader_process import start_ahead


def add_options(imports: argparse.ArgumentParser) -> None:
    imports.add_argument(
        "files", type=Path, nargs="+", metavar="FILE", help="XLSX, CSV, TSV, JSON, JSONL or Parquet"
    )
    imports.add_argument("--feature", required=True, metavar="SLUG")
    imports.add_argument("--kind", choices=["auto", "traces", "evals", "labels", "failures"], default="auto")
    imports.add_argument(
        "--mapping",
        type=Path,
        metavar="FILE",
        help="answers to the questions of an earlier try (TOML or JSON)",
    )
    imports.add_argument(
        "--personal-data",
        choices=["replace", "keep"],
        help="what becomes of e-mail addresses, phone numbers, keys and the like in texts",
    )
    imports.add_argument("--bundle", metavar="NAME", help="the release that the evidence is of")
    imports.add_argument("--suite", metavar="NAME", help="the eval suite that was run")


def import_files(workspace: Workspace, arguments: Namespace, now: datetime) -> int:
    """Each file for itself: a file that cannot be read does not keep the next one out."""
    answers = load_answers(arguments.mapping) if arguments.mapping else Answers()
    if arguments.kind != "auto":
        answers = Answers.model_validate({**answers.model_dump(), "kind": arguments.kind})
    if arguments.personal_data:
        answers = answers.model_copy(update={"personal_text": arguments.personal_data})
    find_feature(workspace, arguments.feature)
    reports, code = [], 0
    for path in arguments.files:
        start_ahead()
        try:
            report = _import_one(workspace, arguments, now, path, answers)
        except UserError as error:
            code = tell_error(error)
            reports.append({"file": path.name, **error_as_json(error)})
            continue
        reports.append(report)
        if not arguments.json:
            tell_report(report)
    if arguments.json:
        tell_json({"files": reports})
    return code


def _import_one(
    workspace: Workspace, arguments: Namespace, now: datetime, path: Path, answers: Answers
) -> dict[str, Any]:
    try:
        path.open("rb").close()
    except OSError as error:
        raise UnreadableFile(f"{path} cannot be opened: {error.strerror}.", code="not_found") from error
    upload_id = start_import(
        workspace,
        caller(),
        now,
        arguments.feature,
        file_name=path.name,
        content=path,
        answers=answers,
        bundle=arguments.bundle,
        suite=arguments.suite,
        for_worker=False,
    )
    done = run_import(workspace, upload_id, lambda: datetime.now(UTC), _progress(arguments))
    return {**(done.report or {}), "questions": []}


def _progress(arguments: Namespace) -> Callable[[Any], None]:
    def show(progress: Any) -> None:
        if sys.stderr.isatty() and not arguments.json:
            share = f" ({progress.share:.0%})" if progress.share is not None else ""
            print(
                f"\r{progress.stage}: {progress.rows:,} rows{share}   ", end="", file=sys.stderr, flush=True
            )

    return show
