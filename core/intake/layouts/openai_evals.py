"""The log of OpenAI's oaieval: the events of each sample, which lie scattered, put together as one record."""

import json
from collections.abc import Mapping
from typing import Any

from core.errors import UnreadableFile
from core.intake.formats import Format
from core.intake.layouts.layout import Layout, Opened, Records, refused, value_or_none
from core.intake.peek import Peek

NAME = "openai_evals.log"

_MOST_CHARACTERS = 200 * 2**20
"""How much text of all samples is held at once: only the end of the file ends a sample."""

_EVENTS = ("sampling", "match", "metrics", "error", "function_call")


def _fits(beginning: Peek) -> bool:
    is_lines = beginning.format in (Format.JSON_LINES, Format.JSON_SEQUENCE)
    return is_lines and beginning.has("spec.eval_name", "spec.run_id")


def _records(opened: Opened) -> Records:
    log = _Log()
    for number, line in enumerate(opened.source().lines(), start=1):
        if not line.strip():
            continue
        event = value_or_none(line)
        if not isinstance(event, dict):
            yield refused(number, line)
        else:
            log.note(number, event, len(line))
    if log.is_aborted:
        opened.reading.notices.add(
            "unfinished_run",
            "The run was stopped before its end: the log has no final report. Samples that are not in it were"
            " not tested, so do not take the rest for the whole.",
        )
    if not log.samples:
        raise UnreadableFile(
            "The log of oaieval holds no samples.",
            mend="Run the eval again and upload its log.",
            code="no_rows",
        )
    for number, found in log.samples.values():
        yield number, {**found, **log.run}


class _Log:
    """What the lines of a log say: about the run, and about each sample by its id."""

    def __init__(self) -> None:
        self.run: dict[str, Any] = {}
        self.samples: dict[str, tuple[int, dict[str, Any]]] = {}
        self.is_aborted = True
        self._characters = 0

    def note(self, number: int, event: Mapping[str, Any], size: int) -> None:
        """One line; raises UnreadableFile where the samples take more memory than there is."""
        if isinstance(spec := event.get("spec"), dict):
            names = ("run_id", "eval_name", "base_eval", "created_at", "completion_fns")
            self.run = {f"spec.{name}": spec.get(name) for name in names}
            config = spec.get("run_config")
            evaluated = config.get("eval_spec") if isinstance(config, dict) else None
            self.run["spec.cls"] = evaluated.get("cls") if isinstance(evaluated, dict) else None
        elif "final_report" in event:
            self.is_aborted = False
        elif isinstance(sample := event.get("sample_id"), str) and event.get("type") in _EVENTS:
            self._characters += size
            if self._characters > _MOST_CHARACTERS:
                raise UnreadableFile(
                    f"The log has more than {_MOST_CHARACTERS // 2**20} MB of samples.",
                    mend="Run the eval in parts (--max_samples) and upload the log of each.",
                    code="too_big",
                )
            _, found = self.samples.setdefault(sample, (number, {"sample_id": sample}))
            _add(found, event)


def _add(found: dict[str, Any], event: Mapping[str, Any]) -> None:
    """Put one event of a sample to what is known of it."""
    stated = event.get("data")
    details = stated if isinstance(stated, dict) else {}
    found.setdefault("created_at", event.get("created_at"))
    match event.get("type"):
        case "sampling":
            # The last answer counts, the first prompt is the question, and every call has its tokens.
            found.setdefault("prompt", details.get("prompt"))
            found["sampled"] = details.get("sampled")
            found.setdefault("usage", []).append(details.get("usage"))
            found.setdefault("model", details.get("model"))
        case "match":
            found.setdefault("match", []).append(details.get("correct"))
            found.setdefault("sampled", details.get("sampled"))
        case "metrics":
            found["metrics"] = {**found.get("metrics", {}), **details}
        case "error":
            found["error"] = details.get("message") or details.get("type") or json.dumps(details)
        case "function_call":
            found.setdefault("tools", []).append(details.get("name"))


LOG = Layout(NAME, _fits, _records)
