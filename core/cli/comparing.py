"""The sub-command `compare`: whether a release does worse than another on the same eval cases."""

import argparse
from argparse import Namespace
from datetime import datetime

from core.actions.comparing import Comparison, compare
from core.actions.comparing_as_json import comparison_as_json
from core.actions.workspace import Workspace
from core.cli.caller import caller
from core.cli.telling import tell_json
from core.metrics.before_after import Counted, Outcome
from core.metrics.before_after_words import (
    WORDS,
    flaky_words,
    headline,
    interval_words,
    left_out_sentences,
    named,
    not_run_sentence,
    part_numbers,
    part_words,
    remarks,
    stop_sentences,
    verdict_sentence,
)
from core.metrics.like_for_like import Outcome as TrafficOutcome
from core.metrics.like_for_like import comparison_sentence, outcome_word
from core.metrics.paired_cases import Flip


def add_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("slug", metavar="SLUG")
    command.add_argument("before", metavar="BEFORE", help="the name of the older release")
    command.add_argument("after", metavar="AFTER", help="the name of the newer release")
    command.add_argument("--suite", metavar="NAME", help="only the cases of this eval set")


def compare_releases(workspace: Workspace, arguments: Namespace, now: datetime) -> int:
    about = workspace, caller(), now, arguments.slug, arguments.before, arguments.after
    found = compare(*about, suite=arguments.suite)
    if arguments.json:
        tell_json(comparison_as_json(found))
    else:
        for line in _lines(found):
            print(line)
    return exit_code(found)


def exit_code(one: Comparison) -> int:
    """The same cases decide. Labels of users, who bring other questions each time, can only warn."""
    if one.found.is_worse:
        return 1
    if one.found.outcome is Outcome.NOTHING:
        if any(line.outcome is TrafficOutcome.WORSE for line in one.traffic):
            return 1
        return 2 if one.traffic else 3
    if one.found.outcome is Outcome.NOT_ENOUGH or one.found.pairs.not_run:
        return 2
    return 0


def _lines(one: Comparison) -> list[str]:
    found = one.found
    lines = [f"{one.after} against {one.before}: {headline(found)}"]
    lines += [f"  {line}" for line in (*stop_sentences(found), verdict_sentence(found))]
    lines += [f"  {line}" for line in (interval_words(found), not_run_sentence(found.pairs.not_run)) if line]
    for flip, word in ((Flip.BROKE, "Broke"), (Flip.FIXED, "Fixed"), (Flip.FAILS_STILL, "Failed before too")):
        ids = [case.case_id for case in found.pairs.of(flip)]
        if ids:
            lines.append(f"  {word}: {named(ids)}")
    lines += [f"  {_part(part)}" for part in found.parts]
    told = (
        flaky_words(found),
        *remarks(found),
        *left_out_sentences(found.pairs.left_out, one.before, one.after),
    )
    lines += [f"  {line}" for line in told if line]
    lines += [
        f"  {outcome_word(line)}: {comparison_sentence(line, one.after, one.before)}" for line in one.traffic
    ]
    return lines


def _part(part: Counted) -> str:
    watched = " (watched)" if part.is_watched else ""
    return f"{part_words(part)}{watched}: {part_numbers(part)}, {WORDS[part.outcome].lower()}"
