"""Logs of Inspect AI, a .eval archive or one JSON object: each record is one sample of the run.

Of a sample only what a result needs is kept: events and whole conversations are ten times as large.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from typing import Any

from core.errors import UnreadableFile
from core.intake.formats import Format
from core.intake.json_rows import JsonStream
from core.intake.json_values import lenient
from core.intake.layouts.archive import MEMBER_BYTES, Archive, DamagedMember
from core.intake.layouts.layout import Layout, Opened, Records, value_or_none
from core.intake.peek import Peek
from core.intake.tables import Refusal

NAME = "inspect.log"

_HEADER, _BEGINNING = "header.json", "_journal/start.json"
_KEPT = (
    "id", "epoch", "input", "target", "metadata", "model_usage", "started_at", "total_time", "error", "limit",
)  # fmt: skip
_ATTACHED = "attachment://"
_DEEPEST = 20


def _fits_archive(beginning: Peek) -> bool:
    return not beginning.members.isdisjoint((_HEADER, _BEGINNING))


def _fits_json(beginning: Peek) -> bool:
    is_object = beginning.format in (Format.JSON_WRAPPED, Format.JSON_SEQUENCE, Format.JSON_LINES)
    return is_object and beginning.has("version", "status", "eval.task", "eval.created")


def _of_archive(opened: Opened) -> Records:
    with closing(Archive(opened.path)) as archive:
        run = _Run(_header(archive), opened)
        for number, name in enumerate(_samples_in(archive), start=1):
            try:
                yield from run.records(number, archive.text(name))
            except DamagedMember as fault:
                run.damaged += 1
                yield _refused(number, f"The sample cannot be read: {fault}.")
        if not run.samples and not run.damaged:
            yield from _of_summaries(archive, run)
        run.tell()


def _of_summaries(archive: Archive, run: "_Run") -> Records:
    """The samples as the log sums them up, without the answers: what a log without samples has."""
    parts = [name for name in archive.names if name.startswith("_journal/summaries/")]
    names = (
        ["summaries.json"] if "summaries.json" in archive else sorted(parts, key=lambda one: (len(one), one))
    )
    number = 0
    for name in names:
        try:
            found = lenient(archive.text(name))
        except (DamagedMember, ValueError, RecursionError):
            continue
        for one in found if isinstance(found, list) else ():
            number += 1
            yield from run.records(number, json.dumps(one))
    if number:
        run.notices.add(
            "cut_texts",
            "The log holds summaries of its samples only: without the answers, and with texts cut at 1,024"
            " characters.",
        )


def _of_json(opened: Opened) -> Records:
    try:
        header = _stream(opened).around(("samples", "reductions"))
    except (ValueError, RecursionError):
        raise _damaged() from None
    run = _Run(header, opened)
    for number, raw in enumerate(_stream(opened).items_at("samples"), start=1):
        yield from run.records(number, raw)
    run.tell()


def _stream(opened: Opened) -> JsonStream:
    """One sample with its events may be longer than a line of any table."""
    limits = replace(opened.reading.limits, line_characters=MEMBER_BYTES)
    return JsonStream(opened.source(), limits)


class _Run:
    """The run that a log is of, and the samples of it that were seen; ``samples`` counts those that were
    unpacked, ``damaged`` the others."""

    def __init__(self, header: Mapping[str, Any], opened: Opened) -> None:
        self._header = header
        self.notices = opened.reading.notices
        self._seen: set[str] = set()
        self._scorer = _first_scorer(_object(header, "results"))
        self.samples = self.damaged = 0
        about = _object(header, "eval")
        self._fields = {
            "stats.started_at": _object(header, "stats").get("started_at"),
            **{
                f"eval.{key}": about.get(key)
                for key in (
                    "eval_id",
                    "run_id",
                    "created",
                    "task",
                    "task_version",
                    "model",
                    "metadata",
                    "revision",
                )
            },
        }

    def records(self, number: int, raw: str) -> Records:
        """The record of the sample that ``raw`` is."""
        self.samples += 1
        sample = value_or_none(raw)
        if not isinstance(sample, dict):
            yield _refused(number, "The sample is no JSON object that can be read.")
            return
        self._seen.add(str(sample.get("id")))
        yield number, {**_trimmed(sample, self._scorer), **self._fields}

    def tell(self) -> None:
        """Say what the log leaves out. Raises UnreadableFile where it holds no sample that can be read."""
        if self.damaged and not self.samples:
            raise _damaged("none of its samples can be read")
        if not self.samples:
            raise UnreadableFile(
                "The log of Inspect holds no samples.",
                mend="Run the eval with samples logged (without --no-log-samples) and upload its log.",
                code="no_rows",
            )
        about = _object(self._header, "eval")
        status = self._header.get("status")
        if status != "success":
            self.notices.add(
                "unfinished_run",
                f"The run of Inspect did not come to its end ({_known_status(status)}). Samples that are not"
                " in the log were not tested, so do not take the rest for the whole.",
            )
        listed = _object(about, "dataset").get("sample_ids")
        expected = {str(one) for one in listed} if isinstance(listed, list) else set()
        missing = len(expected - self._seen)
        if missing:
            of = f"{missing:,} of the {len(expected):,} cases that the run was about"
            self.notices.add("missing_cases", f"{of} {'is' if missing == 1 else 'are'} not in this file.")
        headline = _object(_object(self._header, "results"), "headline").get("scorer")
        if isinstance(headline, str):
            self.notices.add("tested", f"The scorer that Inspect itself shows first is “{headline[:80]}”.")


def _trimmed(sample: Mapping[str, Any], scorer: str) -> dict[str, Any]:
    """What a result needs of a sample, with its attachments put in; ``scorer`` gave a score without name."""
    attachments, output = _object(sample, "attachments"), _object(sample, "output")
    kept = {key: sample.get(key) for key in _KEPT}
    kept["input"] = _resolved(kept["input"], attachments, _DEEPEST)
    kept["output"] = _resolved(_answer(output), attachments, _DEEPEST)
    kept["messages"] = _calls_of(sample.get("messages"))
    scores, score = sample.get("scores"), sample.get("score")
    # Logs of the first version have one score without a name.
    kept["scores"] = {scorer: score} if scores is None and score is not None else scores
    error = sample.get("error")
    kept["error"] = error.get("message") or "error" if isinstance(error, dict) else error
    return kept


def _answer(output: Mapping[str, Any]) -> Any:
    if output.get("completion"):
        return output["completion"]
    choices = output.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    return _object(first, "message").get("content") if isinstance(first, dict) else None


def _calls_of(messages: Any) -> list[dict[str, Any]]:
    """The tool calls of a conversation, without what they were called with."""
    found = messages if isinstance(messages, list) else []
    return [
        {"tool_calls": [{"function": call.get("function")} for call in calls if isinstance(call, dict)]}
        for one in found
        if isinstance(one, dict) and isinstance(calls := one.get("tool_calls"), list)
    ]


def _resolved(value: Any, attachments: Mapping[str, Any], depth: int) -> Any:
    """``value`` with the long texts put in that a log keeps apart."""
    if isinstance(value, str) and value.startswith(_ATTACHED):
        return attachments.get(value.removeprefix(_ATTACHED), value)
    if depth and isinstance(value, list):
        return [_resolved(part, attachments, depth - 1) for part in value]
    if depth and isinstance(value, dict):
        return {key: _resolved(part, attachments, depth - 1) for key, part in value.items()}
    return value


def _header(archive: Archive) -> dict[str, Any]:
    """What the log says about the run; of a run that did not end, what it said at its beginning."""
    name = _HEADER if _HEADER in archive else _BEGINNING
    try:
        found = lenient(archive.text(name))
    except (DamagedMember, ValueError, RecursionError):
        raise _damaged() from None
    if not isinstance(found, dict):
        raise _damaged()
    return found if name == _HEADER else {**found, "status": "started"}


def _samples_in(archive: Archive) -> Iterator[str]:
    """The members that are samples; of one that was cut into parts, the part that holds its results."""
    for name in archive.names:
        folders = name.split("/")
        is_whole = len(folders) == 2 and name.endswith(".json")
        if folders[0] == "samples" and (is_whole or folders[2:] == ["sample.json"]):
            yield name


def _first_scorer(results: Mapping[str, Any]) -> str:
    scores = results.get("scores")
    first = scores[0] if isinstance(scores, list) and scores else None
    stated = first.get("scorer") or first.get("name") if isinstance(first, dict) else None
    return str(stated or _object(results, "scorer").get("name") or "score")


def _known_status(status: Any) -> str:
    return status if status in ("started", "cancelled", "error") else "its state is not stated"


def _object(holder: Any, key: str) -> dict[str, Any]:
    found = holder.get(key) if isinstance(holder, Mapping) else None
    return found if isinstance(found, dict) else {}


def _refused(number: int, reason: str) -> Refusal:
    return Refusal(number, None, "", reason, "Save the log again.", "bad_json", {})


def _damaged(words: str = "what it says about the run cannot be read") -> UnreadableFile:
    return UnreadableFile(
        f"The log of Inspect is damaged: {words}.",
        mend="Copy the log again from where Inspect wrote it.",
        code="broken_file",
    )


ARCHIVE = Layout(NAME, _fits_archive, _of_archive)
DOCUMENT = Layout(NAME, _fits_json, _of_json)
