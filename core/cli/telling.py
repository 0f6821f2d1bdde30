"""How the command speaks: JSON on request, else short lines; errors on stderr."""

import json
import sys
from typing import Any

from core.errors import (
    InvalidDocument,
    QuestionsOpen,
    StoreUnavailable,
    UnreadableFile,
    UserError,
)

WRONG_USAGE, UNREADABLE, UNAVAILABLE, BUG = 64, 65, 69, 70


def tell_json(body: Any) -> None:
    print(json.dumps(body, ensure_ascii=False, indent=2))


def tell_error(error: UserError) -> int:
    """The error's own words, and the answers it waits for, on stderr; returns the exit code."""
    print(f"readygate: {error}", file=sys.stderr)
    for question in error.questions if isinstance(error, QuestionsOpen) else ():
        for answer, meaning in question.options.items():
            print(f"    {question.key} = {answer}: {meaning}", file=sys.stderr)
    if isinstance(error, UnreadableFile | QuestionsOpen | InvalidDocument):
        return UNREADABLE
    return UNAVAILABLE if isinstance(error, StoreUnavailable) else WRONG_USAGE


def error_as_json(error: UserError) -> dict[str, Any]:
    """What is wrong, and the questions (if any) that a mapping file can answer."""
    questions = error.questions if isinstance(error, QuestionsOpen) else ()
    return {
        "error": {"code": error.code, "sentence": error.sentence, "mend": error.mend},
        "questions": [
            {
                "key": question.key,
                "sentence": question.sentence,
                "options": dict(question.options),
                "samples": list(question.samples),
            }
            for question in questions
        ],
    }


def tell_report(report: dict[str, Any]) -> None:
    """The account of one imported file, its notes, and its first rejected rows."""
    names = ("accepted", "duplicate", "updated", "rejected", "skipped")
    counts = ", ".join(f"{report[name]:,} {name}" for name in names if report[name])
    print(f"{report['file']} ({report['kind']}): {report['read']:,} read: {counts or 'nothing in it'}.")
    for notice in report["warnings"]:
        print(f"  note: {notice['sentence']}")
    for problem in report["problems"][:20]:
        place = f"row {problem['row']}" + (f", {problem['column']}" if problem["column"] else "")
        print(f"  {place} = {problem['value']!r}: {problem['reason']} {problem['fix']}")
    if report["rejected"] > 20:
        print(f"  … and {report['rejected'] - 20:,} more; download them on the Evidence page.")


def verdict_word(verdict: str) -> str:
    return {"no_go": "NO-GO", "go": "GO"}.get(verdict, verdict.replace("_", " ").upper())


def number_word(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"
