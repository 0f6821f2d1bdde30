"""Uploads with the cells of their files as one caller may see them: samples, rejected values, questions."""

import csv
import io
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from core.actions.texts import TextsFor
from core.intake.personal_texts import KEEP
from core.store.expiry import without_cells, without_samples
from core.store.uploads import Upload


def as_seen(upload: Upload, texts: TextsFor) -> Upload:
    """``upload`` without its samples for whoever may not read texts; for the others personal data in them
    is masked, which the import has done already unless the feature keeps it."""
    if not texts.may_read:
        return replace(upload, report=without_cells(upload.report), fault=without_samples(upload.fault))
    kept = upload.answers.get("personal_text") == KEEP
    report = _masked_report(upload.report, texts) if kept and upload.report is not None else upload.report
    # Of a file that failed nobody can tell whether the answer was remembered from an earlier one.
    fault = upload.fault if upload.fault is None else _masked_fault(upload.fault, texts)
    return replace(upload, report=report, fault=fault)


def masked_rows(content: bytes, texts: TextsFor) -> bytes:
    """A CSV of rejected rows with every cell as the caller may see it; its first line is the headings."""
    before = csv.field_size_limit(2**31 - 1)
    try:
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    finally:
        csv.field_size_limit(before)
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    for place, row in enumerate(rows):
        writer.writerow(texts.list_of(row) if place else row)
    return written.getvalue().encode("utf-8-sig")


def _masked_report(report: Mapping[str, Any], texts: TextsFor) -> dict[str, Any]:
    problems = [
        {**problem, "value": texts.text(problem["value"]), "reason": texts.text(problem["reason"])}
        for problem in report.get("problems", ())
    ]
    return {**report, "columns": _masked_samples(report.get("columns", ()), texts), "problems": problems}


def _masked_fault(fault: Mapping[str, Any], texts: TextsFor) -> dict[str, Any]:
    """The values beside a question stay: they are what its form offers to choose from."""
    questions = [
        {**one, "columns": _masked_samples(one["columns"], texts)} if one.get("columns") else one
        for one in _masked_samples(fault.get("questions", ()), texts)
    ]
    return {**fault, "questions": questions}


def _masked_samples(things: Any, texts: TextsFor) -> list[dict[str, Any]]:
    return [{**one, "samples": texts.list_of(one["samples"])} for one in things]
