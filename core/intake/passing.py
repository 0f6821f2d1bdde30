"""When an eval result passed: as its tool states it, else by the user's rule on a score."""

import re
from collections.abc import Sequence

from core.errors import Question, UnreadableFile
from core.evidence.columns import CellType, Column, Kind, fold
from core.intake.answers import PassRule
from core.intake.cells import Reading, convert
from core.intake.doubts import Notices
from core.intake.drafts import Draft
from core.intake.mapping import ColumnMapping
from core.intake.report import Use
from core.intake.tables import Cells

_NUMBER = re.compile(r"\s*[+-]?[0-9]+([.,][0-9]+)?\s*")
_SAMPLED = 1000
_SHARE, _PERCENT = 1, 10


class PassRules:
    """The pass rule of one file. ``rule`` is the one in force, None where the tool's word counts."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._header = ""
        self.rule: PassRule | None = None

    def prepare(self, mapping: ColumnMapping, cells: Cells) -> None:
        """Decide from the rows at hand what counts; asks where only scores are there.

        Called for every chunk, because a JSON file may show its scores late. Raises UnreadableFile
        when the rule names a column that the file does not have.
        """
        if mapping.kind is not Kind.EVALS or self.rule is not None:
            return
        rule = self._reading.answers.pass_rule
        if "passed" in mapping.names():
            if rule is not None:
                sentence = "The pass rule was not used: the file itself states what passed."
                self._reading.notices.add("pass_rule_unused", sentence)
        elif rule is None:
            question = _which_score(mapping, cells)
            if question:
                self._reading.doubts.ask(question)
        else:
            self.rule, self._header = rule, _header(rule.column, mapping, cells)
            unused = mapping.uses[self._header] is Use.UNKNOWN
            if unused and "score" not in mapping.names():
                mapping.use(self._header, "score")

    def apply(self, draft: Draft) -> None:
        """Compute ``passed`` where a rule is in force and the file says nothing itself.

        A row with an error is neither passed nor failed.
        """
        errors = zip(draft.values("error"), draft.values("error_kind"), strict=True)
        failed_to_run = [error is not None or kind is not None for error, kind in errors]
        if self.rule is not None:
            scores = self._scores(draft)
            if "pass_rule" in self._reading.from_memory and _is_of_another_scale(self.rule, scores):
                question = _which_score(draft.mapping, draft.chunk.cells)
                if question:
                    self._reading.doubts.ask(question)
            by_rule = [
                None if score is None or broken else self.rule.passes(score)
                for score, broken in zip(scores, failed_to_run, strict=True)
            ]
            stated = draft.values("passed")
            passed = [own if own is not None else rule for own, rule in zip(stated, by_rule, strict=True)]
            draft.fill("passed", passed)
        if "passed" in draft.columns:
            _tell_missing(draft, failed_to_run, self._reading.notices)

    def _scores(self, draft: Draft) -> Sequence[float | None]:
        column = draft.mapping.columns.get(self._header)
        if column is not None and column.type in (CellType.NUMBER, CellType.INTEGER):
            return draft.values(column.name)
        cells = draft.chunk.cells.get(self._header, [None] * draft.count)
        any_number = Column(self._header, CellType.NUMBER, "The column of the pass rule.")
        converted = convert(self._header, any_number, cells, self._reading)
        for place, fault in converted.faults.items():
            draft.blame(place, self._header, fault)
        return converted.values


def _is_of_another_scale(rule: PassRule, scores: Sequence[float | None]) -> bool:
    """Whether the bar is one of shares and all scores are of percent, or the other way round: then all
    would pass, or none, whatever they say. 0 belongs to either scale."""
    bar = abs(rule.at_most or 0 if rule.at_least is None else rule.at_least)
    sizes = [abs(score) for score in scores if score]
    if not sizes:
        return False
    return (0 < bar <= _SHARE and min(sizes) >= _PERCENT) or (bar >= _PERCENT and max(sizes) <= _SHARE)


def _header(name: str, mapping: ColumnMapping, cells: Cells) -> str:
    """The header that a rule means: its exact text, else one that differs in case or spaces only."""
    if name in cells:
        return name
    alike = [header for header in cells if fold(header) == fold(name)]
    header = alike[0] if len(alike) == 1 else mapping.header_of(name)
    if header is None:
        raise UnreadableFile(
            f"The pass rule names the column “{name}”, which the file does not have.",
            mend=f"The file has: {', '.join(list(cells)[:12])}.",
            code="pass_rule_column",
        )
    return header


def _which_score(mapping: ColumnMapping, cells: Cells) -> Question | None:
    """The question which column is the score, where the file has any column of numbers to choose from."""
    score = mapping.header_of("score")
    numeric = [header for header, use in mapping.uses.items() if use is Use.UNKNOWN]
    options = {
        header: f"“{header}” decides; its values are for example {', '.join(samples)}."
        for header in [*([score] if score else []), *numeric]
        if (samples := _number_samples(cells.get(header, [])))
    }
    if not options:
        return None
    sentence = (
        "The file has scores but does not say what passed. Which column decides, and from which value on?"
        " Answer with the column, at_least or at_most, and a number, such as “score at_least 0.8”."
    )
    return Question("pass_rule", sentence, options, samples=tuple(options))


def _number_samples(cells: Sequence[str | None]) -> list[str]:
    """Some different values of a column that holds numbers only; empty for any other column."""
    filled = [cell.strip() for cell in cells[:_SAMPLED] if cell is not None]
    if not all(_NUMBER.fullmatch(cell) for cell in filled):
        return []
    return list(dict.fromkeys(filled))[:3]


def _tell_missing(draft: Draft, failed_to_run: list[bool], notices: Notices) -> None:
    missing = sum(
        passed is None and not broken and place not in draft.faults
        for place, (passed, broken) in enumerate(zip(draft.values("passed"), failed_to_run, strict=True))
    )
    if missing:
        sentence = "Rows that do not say whether they passed (not scored, never passed): {count}."
        notices.add("missing_values", sentence, missing)
