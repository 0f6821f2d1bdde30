"""The pass rule of a file that only names runs: it decides by the scores that the runs have been given."""

from collections.abc import Iterable

from core.errors import UnreadableFile
from core.intake.cell_terms import Reading
from core.intake.drafts import Draft
from core.intake.job import KnownScore, Remembered
from core.intake.mapping import ColumnMapping
from core.intake.pass_rule import Bar, PassRule
from core.intake.passing import PassRules, is_of_another_scale, meant, remembered_words
from core.intake.report import shown
from core.intake.tables import Cells

_NAMED = 12


class RuleOfRuns(PassRules):
    """The rule of one such file. It is settled here and applied wherever the results are read, because the
    scores and the runs come in files of their own, in any order."""

    is_of_runs = True

    def __init__(
        self, reading: Reading, remembered: Iterable[Remembered] = (), known: Iterable[KnownScore] = ()
    ) -> None:
        super().__init__(reading, remembered)
        self._known = {one.name: one for one in known}
        self._offers.note_known(self._known.values())

    def prepare(self, mapping: ColumnMapping, cells: Cells) -> None:
        """Settle the rule with the first rows; asks where scores are known and no rule is. Raises
        UnreadableFile when the user's own rule names a score that no run has."""
        if self.rule is not None or self._asked:
            return
        answered = self._reading.answers.pass_rule
        if answered is not None and not self._from_memory:
            self.rule = self._exact(answered)
        elif answered is not None and (not self._known or self._fits(answered)):
            self.rule = answered
        elif (earlier := next(filter(self._fits, self._earlier), None)) is not None:
            self.rule = self._exact(earlier)
            self._reading.notices.add("pass_rule_remembered", remembered_words(earlier))
        else:
            self._ask()

    def apply(self, draft: Draft) -> None:
        """Nothing yet: whether a row passed is worked out whenever it is read."""

    def tell(self) -> None:
        """At the end of the file: the question, or what decides and what is still missing for it."""
        if self._asked:
            self._ask()
        elif self.rule is None:
            self._reading.notices.add(
                "no_outcome",
                "The file only names runs, and no scores of runs have been uploaded for this feature yet: so"
                " far nothing in it passed or failed. Upload the export of the scores, then this same file"
                " once more: you are then asked which score decides.",
            )
        else:
            missing = "" if self._known else " No scores have been uploaded yet: upload their export."
            self._reading.notices.add(
                "scored_elsewhere",
                f"The file only names runs. A run passed where {self.rule}, by the scores uploaded for it;"
                f" one without such a score neither passed nor failed.{missing}",
            )

    def _ask(self) -> None:
        question = self._offers.question(of_runs=True)
        if question is not None:
            self._asked = True
            self._reading.doubts.ask_as_it_stands(question)

    def _fits(self, rule: PassRule) -> bool:
        """Whether runs have all the scores that an earlier answer names, on the scale it was given for."""
        return all(
            (name := meant(bar.column, self._known)) is not None
            and not is_of_another_scale(bar, [self._known[name].smallest, self._known[name].largest])
            for bar in rule.bars
        )

    def _exact(self, rule: PassRule) -> PassRule:
        """``rule`` with the names as the scores have them: it is applied where only exact names are known."""
        if not self._known:
            return rule
        further = tuple(bar.model_copy(update={"column": self._name_of(bar)}) for bar in rule.further)
        return rule.model_copy(update={"column": self._name_of(rule), "further": further})

    def _name_of(self, bar: Bar) -> str:
        name = meant(bar.column, self._known)
        if name is None:
            there = ", ".join(map(shown, list(self._known)[:_NAMED]))
            raise UnreadableFile(
                f"The pass rule names the score “{shown(bar.column)}”, which no uploaded run has.",
                mend=f"Upload the export of that score first. So far there are: {there}.",
                code="pass_rule_column",
            )
        return name
