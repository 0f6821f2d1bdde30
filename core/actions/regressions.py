"""Whether the live release does worse than the one before it, as a condition of going on."""

from datetime import datetime

from core.actions.live_release import Live, releases_at
from core.actions.same_cases import release_before, same_cases
from core.actions.workspace import Workspace
from core.decision.conditions import Condition
from core.metrics.before_after import BeforeAfter, Outcome
from core.metrics.before_after_words import not_run_sentence, stop_sentences, verdict_sentence
from core.store.database import Connection
from core.store.features import Feature

_NAME = "regressions"


def regression_condition(
    workspace: Workspace, connection: Connection, feature: Feature, live: Live | None, now: datetime
) -> Condition | None:
    """The live release against the last one that answered with other parts, on the same eval cases.

    None where no release is live, or none with other parts was live before it: then there is nothing that
    could have become worse.
    """
    if live is None:
        return None
    releases = releases_at(connection, feature, now)
    before = release_before(releases)
    if before is None:
        return None
    same = same_cases(workspace, connection, feature, releases, before.name, live.name, now)
    return _judged(same.found, f"{live.name} against {before.name}", before.name)


def _judged(found: BeforeAfter, heading: str, before: str) -> Condition:
    """Nothing shown is never "no worse" where somebody wrote down what a regression is."""
    if found.outcome is Outcome.NOTHING:
        sentence = f"{heading}: no eval case has results of both. Run the same cases on both releases."
        return Condition(_NAME, False, sentence)
    stops = [*stop_sentences(found), *filter(None, [not_run_sentence(found.pairs.not_run)])]
    met = not (found.is_worse or found.pairs.not_run)
    words = f"{heading}: {verdict_sentence(found)}"
    if found.outcome is Outcome.NOT_ENOUGH and found.is_agreed:
        met = False
        words += _more_cases(found)
    elif found.outcome is Outcome.NOT_ENOUGH:
        words += (
            f" No margin is written down, so only a release that is shown to be worse than {before} stops."
        )
    return Condition(_NAME, met, " ".join([words, *stops]))


def _more_cases(found: BeforeAfter) -> str:
    needed = found.cases_needed
    return f" About {needed:,} cases tried on both would probably show it." if needed else ""
