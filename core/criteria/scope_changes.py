"""What one version of a scope changes against another, in sentences; and whether it changes the promise."""

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any

from core.criteria.calendar import SIGN_WORDS, STEP_WORDS
from core.criteria.registers import ACTION_WORDS, LEVEL_WORDS, SOURCE_WORDS
from core.criteria.scope import DECISIONS, FRAGILE_QUESTIONS, SEGMENT_QUESTIONS, Scope
from core.criteria.scope_parts import AUTONOMY_WORDS, OWNER_WORDS, PROFILE_QUESTIONS, REACH_WORDS

_FIELDS = {"answer": "answer", "owner": "owner", "decided_on": "date"}
_MEMBER = {"role": "role", "use_case": "main use case", "feedback_channel": "feedback channel"}
_SEGMENT = {"who": "First segment", "stays_until_criteria_hold": "Stays until the criteria hold"}
_WORST = {"words": "Worst case", "usd": "Worst case, US dollars", "people": "Worst case, people hurt"}
_PARTS: tuple[tuple[str, Mapping[str, str]], ...] = (
    ("segment", _SEGMENT | SEGMENT_QUESTIONS),
    ("worst_case", _WORST),
    ("fragile", FRAGILE_QUESTIONS),
    ("stakes_profile", PROFILE_QUESTIONS),
    ("investment", {"words": "Investment", "link": "Investment, link"}),
    ("regression_rule", {"margin_points": "Regression margin, points"}),
    ("permitted", {"same_roles_everywhere": "Same roles in every environment"}),
    ("owners", {key: f"Owner of {words.lower()}" for key, words in OWNER_WORDS.items()}),
    ("calendar", {"begins_on": "Week 0 begins"}),
)
_CHOICES: dict[Any, str] = {**REACH_WORDS, **AUTONOMY_WORDS, **LEVEL_WORDS, **SIGN_WORDS}


def changed_scope(before: Scope, after: Scope) -> Sequence[str]:
    """One sentence a change, old → new, in the order of the page."""
    sentences = changed_promise(before, after)
    if before.scenario != after.scenario:
        sentences.append(f"Scenario: {_said(before.scenario)} → {_said(after.scenario)}")
    for key, asked in DECISIONS.items():
        was, now = _body(before.decision(key)), _body(after.decision(key))
        fields = {name: words for name, words in _FIELDS.items() if (key, name) != ("workflow", "answer")}
        sentences += [f"{asked.title}, {change}" for change in _changes(was, now, fields)]
    sentences += _rows(
        "Early cohort", _lines(before.cohort, "user_id"), _lines(after.cohort, "user_id"), _MEMBER
    )
    for part, words in _PARTS:
        sentences += _changes(_body(getattr(before, part)), _body(getattr(after, part)), words)
    for title, of, named, words in _TABLES:
        sentences += _rows(title, _lines(of(before), named), _lines(of(after), named), words)
    return sentences


def changed_promise(before: Scope, after: Scope) -> list[str]:
    """What changes of the workflow and its success signal: what everybody else relies on."""
    sentences = []
    if before.success_signal != after.success_signal:
        sentences.append(
            f"Main success signal: {_said(before.success_signal)} → {_said(after.success_signal)}"
        )
    was, now = before.decision("workflow").answer, after.decision("workflow").answer
    if was != now:
        sentences.append(f"{DECISIONS['workflow'].title}, answer: {_said(was)} → {_said(now)}")
    return sentences


_TABLES: tuple[tuple[str, Any, str, Mapping[str, str]], ...] = (
    ("Slice watched", lambda scope: scope.regression_rule.slices, "", {}),
    ("Critical case", lambda scope: scope.regression_rule.critical_cases, "", {}),
    ("Source", lambda scope: scope.sources, "source", SOURCE_WORDS),
    ("Permission", lambda scope: scope.permitted.actions, "what", ACTION_WORDS),
    ("Calendar", lambda scope: scope.calendar.steps, "", STEP_WORDS),
)


def _lines(rows: Sequence[Any], named: str) -> dict[str, dict[str, Any]]:
    """The rows of a table by the name under which a person knows them."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        if isinstance(row, str):
            found[row] = {}
            continue
        body = row.model_dump()
        if named:
            found[str(body[named])] = body
        elif "week" in body:
            found[f"week {body['week']}, {body['what']}"] = {"shown_by": body["shown_by"]}
        else:
            found[f"{body['column']} = {body['value']}"] = {}
    return found


def _rows(
    title: str,
    was: Mapping[str, Mapping[str, Any]],
    now: Mapping[str, Mapping[str, Any]],
    words: Mapping[str, str],
) -> list[str]:
    sentences = [f"{title}, added: {name}" for name in now if name not in was]
    sentences += [f"{title}, removed: {name}" for name in was if name not in now]
    for name, row in now.items():
        if name in was and was[name] != row:
            fields = {key: label.lower() for key, label in words.items() if key in row}
            changes = "; ".join(_changes(was[name], row, fields))
            sentences.append(f"{title}, changed: {name} ({changes})")
    return sentences


def _body(part: Any) -> dict[str, Any]:
    found: dict[str, Any] = part.model_dump()
    return found


def _changes(was: Mapping[str, Any], now: Mapping[str, Any], words: Mapping[str, str]) -> list[str]:
    return [
        f"{label.rstrip('?')}: {_said(was[name])} → {_said(now[name])}"
        for name, label in words.items()
        if was[name] != now[name]
    ]


def _said(value: Any) -> str:
    match value:
        case None | "":
            return "none"
        case bool():
            return "yes" if value else "no"
        case date():
            return f"“{value.isoformat()}”"
        case StrEnum():
            return f"“{_CHOICES[value]}”"
        case str():
            return f"“{value}”"
        case float() if value.is_integer():
            return f"{value:,.0f}"
        case _:
            return f"{value:,}"
