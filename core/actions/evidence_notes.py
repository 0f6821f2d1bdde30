"""What a verdict does not say of the files it rests on: rows that were replaced, that name no time, and cases
without results. Each was told once, when the file came in; whoever decides reads it here."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from core.evidence.columns import Kind
from core.store.uploads import Upload

_NAMED = 3
_NOUNS = {Kind.TRACES: "trace", Kind.EVALS: "eval result", Kind.LABELS: "label", Kind.FAILURES: "failure"}


def evidence_notes(uploaded: Sequence[Upload], since: datetime, until: datetime) -> tuple[str, ...]:
    """A sentence for each thing to know of the files that came in from ``since`` (the lock) to ``until``, the
    newest of ``uploaded`` first."""
    files = [one for one in uploaded if one.state == "done" and since <= one.asked_at <= until]
    return (*_replaced(files), *_undated(files), *_cases_left_out(files))


def _replaced(files: Sequence[Upload]) -> Iterator[str]:
    """A changed row keeps both versions and the newest counts: the others are told (DESIGN 8)."""
    changed = [one for one in files if one.replaced]
    if not changed:
        return
    rows = sum(one.replaced for one in changed)
    noun = "row that was" if rows == 1 else "rows that were"
    files_words = "1 file" if len(changed) == 1 else f"{len(changed):,} files"
    named = _named([f"{one.file_name} ({_rows(one, one.replaced)})" for one in changed])
    yield f"Since the lock {files_words} replaced {rows:,} {noun} there before: {named}."


def _undated(files: Sequence[Upload]) -> Iterator[str]:
    silent = [one for one in files if _warned(one, "undated")]
    if silent:
        counts = "it counts" if len(silent) == 1 else "they count"
        named = _named([one.file_name for one in silent])
        yield f"No row of {named} says when it happened, so {counts} as of the upload, after the lock."


def _cases_left_out(files: Sequence[Upload]) -> Iterator[str]:
    """Of the newest file of results: an older one may have been made whole by it."""
    newest = next((one for one in files if one.has_case_results), None)
    if newest is not None:
        yield from (f"{newest.file_name}: {sentence}" for sentence in _warned(newest, "missing_cases"))


def _warned(upload: Upload, code: str) -> list[str]:
    return [one["sentence"] for one in (upload.report or {}).get("warnings", ()) if one["code"] == code]


def _rows(upload: Upload, count: int) -> str:
    noun = _NOUNS.get(Kind(upload.kind), "row") if upload.kind else "row"
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _named(names: Sequence[str]) -> str:
    rest = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")
