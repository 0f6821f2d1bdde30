"""When an eval result passed: as its tool states it, else by the user's rule on its scores."""

from collections.abc import Iterable, Sequence

from core.errors import UnreadableFile
from core.evidence.column import CellType, Column, fold
from core.evidence.columns import Kind
from core.intake.cell_terms import Reading
from core.intake.cells import convert
from core.intake.doubts import Notices
from core.intake.drafts import Draft
from core.intake.job import Remembered
from core.intake.mapping import ColumnMapping
from core.intake.missing_words import left_out, tell, words_for
from core.intake.pass_rule import Bar, PassRule
from core.intake.report import Use, shown
from core.intake.score_offers import ScoreOffers, metrics_of, names_in
from core.intake.tables import Cells

_SHARE, _PERCENT = 1, 10
_NAMED = 12


class PassRules:
    """The pass rule of one file. ``rule`` is the one in force, None where the tool's word counts;
    ``is_of_runs`` says that it decides by scores that are not in the file."""

    is_of_runs = False

    def __init__(self, reading: Reading, remembered: Iterable[Remembered] = ()) -> None:
        self._reading = reading
        self._earlier = [one.answers.pass_rule for one in remembered if one.answers.pass_rule is not None]
        self._from_memory = "pass_rule" in reading.from_memory
        self._offers = ScoreOffers()
        self._headers: dict[str, str] = {}
        self._asked = False
        self.rule: PassRule | None = None

    def prepare(self, mapping: ColumnMapping, cells: Cells) -> None:
        """Decide from the rows at hand what counts; asks where only scores are there.

        Called for every chunk, because a JSON file may show its scores late. Raises UnreadableFile
        when the rule names a column that the file does not have.
        """
        if mapping.kind is not Kind.EVALS:
            return
        answered = self._reading.answers.pass_rule
        if _is_stated(mapping, cells):
            if answered is not None and self.rule is None and not self._from_memory:
                sentence = "The pass rule was not used: the file itself states what passed."
                self._reading.notices.add("pass_rule_unused", sentence)
            return
        self._note(mapping, cells)
        if self.rule is not None:
            return
        if answered is not None and (not self._from_memory or self._is_about(answered, mapping, cells)):
            self._use(answered, mapping, cells)
        elif (earlier := self._remembered(mapping, cells)) is not None:
            self._use(earlier, mapping, cells)
            self._from_memory = True
            self._reading.notices.add("pass_rule_remembered", remembered_words(earlier))
        else:
            self._ask()

    def apply(self, draft: Draft) -> None:
        """Compute ``passed`` where a rule is in force and the file says nothing itself.

        A row with an error is neither passed nor failed, and so is one without a score that decides.
        """
        errors = zip(draft.values("error"), draft.values("error_kind"), strict=True)
        failed_to_run = [error is not None or kind is not None for error, kind in errors]
        if self.rule is not None:
            scores = [self._scores(bar, draft) for bar in self.rule.bars]
            bars = zip(self.rule.bars, scores, strict=True)
            if self._from_memory and any(is_of_another_scale(bar, column) for bar, column in bars):
                self._ask()
            by_rule = [
                None if broken else self.rule.decides(row)
                for row, broken in zip(zip(*scores, strict=True), failed_to_run, strict=True)
            ]
            stated = draft.values("passed")
            passed = [own if own is not None else rule for own, rule in zip(stated, by_rule, strict=True)]
            draft.fill("passed", passed)
        if "passed" in draft.columns:
            _tell_missing(draft, failed_to_run, self._reading.notices)

    def tell(self) -> None:
        """At the end of the file: the question with all that the file showed. Raises UnreadableFile when
        the rule names a metric that no row has."""
        if self._asked:
            self._ask()
            return
        for bar in self.rule.bars if self.rule is not None else ():
            if self._headers.get(bar.column) is None and self._metric(bar.column) is None:
                raise _no_such_score(bar.column, self._offers.metrics)

    def _note(self, mapping: ColumnMapping, cells: Cells) -> None:
        """Take in what the rows show of scores, as long as it may have to be asked about."""
        self._offers.note_rows(max(map(len, cells.values()), default=0))
        score, metrics = mapping.header_of("score"), mapping.header_of("metrics")
        numeric = [header for header, use in mapping.uses.items() if use is Use.UNKNOWN]
        if score is not None:
            self._offers.note_column(score, cells.get(score, []), is_the_score=True)
        for header in numeric:
            self._offers.note_column(header, cells.get(header, []))
        if metrics is not None:
            self._offers.note_metrics(cells.get(metrics, []))
            lower = mapping.header_of("lower_is_better")
            self._offers.note_lower(names_in(cells.get(lower, []) if lower else []))

    def _ask(self) -> None:
        question = self._offers.question()
        if question is not None:
            self._asked = True
            self._reading.doubts.ask_as_it_stands(question)

    def _use(self, rule: PassRule, mapping: ColumnMapping, cells: Cells) -> None:
        """Put ``rule`` in force. Raises UnreadableFile where a column it names cannot be there."""
        may_come = mapping.header_of("metrics") is not None
        for bar in rule.bars:
            header = None if self._metric(bar.column) else _header(bar.column, mapping, cells)
            if header is not None:
                self._headers[bar.column] = header
            elif self._metric(bar.column) is None and not may_come:
                raise _no_such_score(bar.column, cells)
        self.rule = rule
        first = self._headers.get(rule.column)
        if first is not None and mapping.uses[first] is Use.UNKNOWN and "score" not in mapping.names():
            mapping.use(first, "score")

    def _remembered(self, mapping: ColumnMapping, cells: Cells) -> PassRule | None:
        """The newest rule of an earlier file of which this one has all the scores, some of them metrics: the
        columns of an own table may have the same names and mean something else."""
        for rule in self._earlier:
            if self._is_about(rule, mapping, cells) and any(self._metric(bar.column) for bar in rule.bars):
                return rule
        return None

    def _is_about(self, rule: PassRule, mapping: ColumnMapping, cells: Cells) -> bool:
        return all(self._metric(bar.column) or _header(bar.column, mapping, cells) for bar in rule.bars)

    def _metric(self, name: str) -> str | None:
        """The metric that a rule means: its exact name, else one that differs in case or spaces only."""
        return meant(name, self._offers.metrics)

    def _scores(self, bar: Bar, draft: Draft) -> Sequence[float | None]:
        header = self._headers.get(bar.column)
        if header is None:
            return metrics_of(draft.values("metrics"), self._metric(bar.column) or bar.column)
        column = draft.mapping.columns.get(header)
        if column is not None and column.type in (CellType.NUMBER, CellType.INTEGER):
            return draft.values(column.name)
        any_number = Column(header, CellType.NUMBER, "A column of the pass rule.")
        cells, counts = left_out(draft.chunk.cells.get(header, [None] * draft.count), words_for(any_number))
        tell(header, counts, self._reading.notices)
        converted = convert(header, any_number, cells, self._reading)
        for place, fault in converted.faults.items():
            draft.blame(place, header, fault)
        return converted.values


def _is_stated(mapping: ColumnMapping, cells: Cells) -> bool:
    """Whether the rows say themselves what passed; also where no row is left that a rule could decide."""
    header = mapping.header_of("passed")
    if header is None:
        return False
    if any(cell is not None for cell in cells.get(header, [])):
        return True
    errors = [cells[one] for name in ("error", "error_kind") if (one := mapping.header_of(name)) in cells]
    return bool(errors) and all(any(row) for row in zip(*errors, strict=True))


def is_of_another_scale(bar: Bar, scores: Sequence[float | None]) -> bool:
    """Whether the bar is one of shares and all scores are of percent, or the other way round: then all
    would pass, or none, whatever they say. 0 belongs to either scale. A bar of exactly 1 (or of 0 at most)
    is one of yes and no, and scores between them are of another scale."""
    if bar.is_of_yes_and_no and any(score is not None and 0 < score < 1 for score in scores):
        return True
    size = abs(bar.at_most or 0 if bar.at_least is None else bar.at_least)
    sizes = [abs(score) for score in scores if score]
    if not sizes:
        return False
    return (0 < size <= _SHARE and min(sizes) >= _PERCENT) or (size >= _PERCENT and max(sizes) <= _SHARE)


def _header(name: str, mapping: ColumnMapping, cells: Cells) -> str | None:
    """The header that a rule means: its exact text, else one that differs in case or spaces only."""
    return meant(name, cells) or mapping.header_of(name)


def meant(name: str, names: Iterable[str]) -> str | None:
    """The one of ``names`` that is meant: its text, else the only one that differs in case or spaces."""
    names = list(names)
    if name in names:
        return name
    alike = [one for one in names if fold(one) == fold(name)]
    return alike[0] if len(alike) == 1 else None


def remembered_words(rule: PassRule) -> str:
    """What the report says where the rule of an earlier file is used."""
    return f"As you answered for an earlier file: passed is where {rule}."


def _no_such_score(name: str, names: Iterable[str]) -> UnreadableFile:
    return UnreadableFile(
        f"The pass rule names the column “{shown(name)}”, which the file does not have.",
        mend=f"The file has: {', '.join(map(shown, list(names)[:_NAMED]))}.",
        code="pass_rule_column",
    )


def _tell_missing(draft: Draft, failed_to_run: list[bool], notices: Notices) -> None:
    missing = sum(
        passed is None and not broken and place not in draft.faults
        for place, (passed, broken) in enumerate(zip(draft.values("passed"), failed_to_run, strict=True))
    )
    if missing:
        sentence = "Rows that do not say whether they passed (not scored, never passed): {count}."
        notices.add("missing_values", sentence, missing)
