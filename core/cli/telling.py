"""How the command speaks: JSON on request, else short lines; errors on stderr."""

import json
import sys
from typing import Any

from core.actions.questions_as_json import questions_as_json
from core.cli.exit_codes import UNAVAILABLE, UNREADABLE, WRONG_USAGE
from core.errors import (
    InvalidDocument,
    Question,
    QuestionsOpen,
    StoreUnavailable,
    UnreadableFile,
    UserError,
)
from core.evidence.columns import Kind
from core.intake.feedback import REACTIONS, suggested_rule
from core.intake.needs import without_id
from core.intake.sources.run_facts import suggested_fact
from core.report.hidden_characters import marked


def tell_json(body: Any) -> None:
    print(json.dumps(body, ensure_ascii=False, indent=2))


def tell_error(error: UserError) -> int:
    """The error's own words, and the answers it waits for, on stderr; returns the exit code."""
    print(f"readygate: {error}", file=sys.stderr)
    for question in error.questions if isinstance(error, QuestionsOpen) else ():
        if question.columns:
            _tell_mapping(question)
            continue
        if question.key == "facts":
            _tell_facts(question)
            continue
        if question.key == "feedback":
            _tell_feedback(question)
            continue
        for answer, meaning in question.options.items():
            print(f"    {question.key} = {answer}: {meaning}", file=sys.stderr)
    if isinstance(error, UnreadableFile | QuestionsOpen | InvalidDocument):
        return UNREADABLE
    return UNAVAILABLE if isinstance(error, StoreUnavailable) else WRONG_USAGE


def _tell_mapping(question: Question) -> None:
    """The mapping as it is guessed, as the mapping file that would answer the question."""
    lines = ["", "Save these lines as mapping.toml, correct them, and add --mapping mapping.toml:", ""]
    kinds = ", ".join(question.options)
    kind = Kind(next(iter(question.options)))
    lines.append(f"kind = {_toml(kind.value)}  # one of {kinds}")
    if known_by := without_id(kind, {guess.guess for guess in question.columns}):
        lines.append(f'known_by = "content"  # {known_by}')
    lines += ["", "[columns]"]
    for guess in question.columns:
        # A reason quotes the header, and a line end in it would end the comment.
        because = marked(guess.because)
        lines.append(f"{_toml(guess.header)} = {_toml(guess.guess)}  # {because}")
    print("\n".join(lines) + "\n", file=sys.stderr)


def _tell_feedback(question: Question) -> None:
    """The scores to choose from, and the first of them as the mapping file that would choose it."""
    lines = [f"    {words}" for words in question.options.values()]
    rule = suggested_rule(*next(iter(question.values.items())))
    lines += ["", "Save these lines as mapping.toml, correct them, and add --mapping mapping.toml:", ""]
    lines += ['[feedback]  # score = "" for "none of them"', f"score = {_toml(rule.score)}"]
    for reaction in REACTIONS:
        lines.append(f"{reaction} = [{', '.join(_toml(value) for value in getattr(rule, reaction))}]")
    print("\n".join(lines) + "\n", file=sys.stderr)


def _tell_facts(question: Question) -> None:
    """The keys that nobody knows, as the mapping file that would say what they hold."""
    lines = ["", "Save these lines as mapping.toml, correct them, and add --mapping mapping.toml:", ""]
    lines.append(f"[facts]  # each one of {', '.join(filter(None, question.options))}, or nothing")
    for key, samples in question.values.items():
        shown = marked(", ".join(samples))
        lines.append(f"{_toml(key)} = {_toml(suggested_fact(key, samples))}  # {shown}")
    print("\n".join(lines) + "\n", file=sys.stderr)


def _toml(text: str) -> str:
    """``text`` as a quoted string of TOML."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def error_as_json(error: UserError) -> dict[str, Any]:
    """What is wrong, and the questions (if any) that a mapping file can answer."""
    return {
        "error": {"code": error.code, "sentence": error.sentence, "mend": error.mend},
        "questions": questions_as_json(error),
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
