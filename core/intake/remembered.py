"""What was answered for an earlier file of the feature, applied to one that has the same columns."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from pydantic import ValidationError

from core.intake.answers import Answers
from core.intake.job import ReadJob, Remembered
from core.intake.needs import ROW_IS
from core.intake.nested import holder
from core.intake.report import shown

HeadersOf = Callable[[Answers], "tuple[str, ...] | None"]
"""The headers of the file as it is opened with these answers; None where they raise a question."""

_ORDERS = {"day_first": "the day before the month", "month_first": "the month before the day"}
_DATES = {"1900": "plain numbers are Excel's dates", "1904": "plain numbers are dates of Excel for Mac",
          "not_dates": "plain numbers are no dates"}  # fmt: skip


@dataclass(frozen=True)
class Settled:
    """``job`` with the answers it is read with; ``notice`` says where some of them come from."""

    job: ReadJob
    notice: str = ""


def settle(job: ReadJob, headers_of: HeadersOf, *, keys_may_be_absent: bool) -> Settled:
    """The newest remembered answers that fit the file fill what the user's own leave open.

    Those of a file with exactly the same columns come before those of one with fewer.
    ``keys_may_be_absent`` is true for JSON, whose rows need not have all the keys.
    """
    close: Settled | None = None
    for one in job.remembered:
        answers = _filled(job.answers, one.answers)
        headers = None if answers is None else headers_of(answers)
        if answers is None or headers is None:
            continue
        # Where the user said all of it already, nothing is told, and nothing older is looked for.
        notice = _notice(job.answers, answers) if answers != job.answers else ""
        settled = Settled(replace(job, answers=answers), notice)
        if _known(one, headers) == set(headers):
            return settled
        if close is None and _fits(one, headers, keys_may_be_absent):
            close = settled
    return close or Settled(job)


def _filled(own: Answers, earlier: Answers) -> Answers | None:
    """``own`` with the gaps filled from ``earlier``; None where they contradict each other."""
    if own.kind and earlier.kind and own.kind is not earlier.kind:
        return None
    columns = {
        header: name
        for header, name in earlier.columns.items()
        if not name or name not in own.columns.values()
    }
    columns |= own.columns
    if own.check_columns:
        # Whoever wants to see the columns again is asked about the rest again as well.
        return own.model_copy(update={"kind": own.kind or earlier.kind, "columns": columns})
    unsaid = Answers().model_dump()
    stated = {name: value for name, value in own.model_dump().items() if value != unsaid[name]}
    as_stated = tuple(dict.fromkeys((*earlier.as_stated, *own.as_stated)))
    # Which score is the users' reaction, which key holds what, and what becomes of personal data, does
    # not depend on the columns; it is remembered on its own.
    apart = {"feedback": own.feedback, "facts": own.facts, "personal_text": own.personal_text}
    settled = {**apart, "columns": columns, "as_stated": as_stated}
    try:
        return Answers.model_validate({**earlier.model_dump(), **stated, **settled})
    except ValidationError:
        return None


def _known(one: Remembered, headers: Collection[str]) -> set[str]:
    """The remembered headers that are columns of the file itself, not parts of its nested cells."""
    return {header for header in one.headers if header in headers or not holder(header, headers)}


def _fits(one: Remembered, headers: Collection[str], keys_may_be_absent: bool) -> bool:
    answers = one.answers
    used = {header for header, name in answers.columns.items() if name}
    if answers.pass_rule:
        used.update(bar.column for bar in answers.pass_rule.bars)
    if not all(header in headers or holder(header, headers) for header in used):
        return False
    if keys_may_be_absent and (used or set(headers) <= set(one.headers)):
        return True
    return _known(one, headers) <= set(headers)


def _notice(own: Answers, now: Answers) -> str:
    """Which answers of an earlier file are used, in words."""
    said = []
    if now.kind and now.kind is not own.kind:
        said.append(f"each row is {ROW_IS[now.kind]}")
    columns = [f"“{shown(header)}” is {name}" for header, name in now.columns.items() if name]
    if now.columns != own.columns and columns:
        more = f" and {len(columns) - 6} more" if len(columns) > 6 else ""
        said.append(", ".join(columns[:6]) + more)
    for name, words in _worded(now).items():
        if getattr(now, name) != getattr(own, name):
            said.append(words)
    return (
        f"Read as you answered for an earlier file with the same columns: {'; '.join(said) or 'as before'}."
    )


def _worded(answers: Answers) -> dict[str, str]:
    words = {
        "sheet": f"sheet “{shown(answers.sheet or '')}”",
        "rows": f"the rows under “{shown(answers.rows or '')}”",
        "header_row": f"the names of the columns in row {answers.header_row}"
        if answers.header_row
        else "no names of columns",
        "timezone": f"times in {answers.timezone}",
        "date_order": _ORDERS.get(answers.date_order or "", ""),
        "excel_dates": _DATES.get(answers.excel_dates or "", ""),
        "decimal": f"a {answers.decimal} for decimals",
        "percent": "numbers above 1 in columns of shares are per cent"
        if answers.percent == "percent"
        else "numbers above 1 in columns of shares are no per cent",
        "merged_cells": "merged cells filled down"
        if answers.merged_cells == "fill_down"
        else "merged cells as they are",
        "as_stated": "very small and very large values as stated",
    }
    if answers.pass_rule is not None:
        words["pass_rule"] = f"passed where {answers.pass_rule}"
    return words
