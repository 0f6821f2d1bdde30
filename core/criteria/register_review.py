"""What will hurt in the registers of a scope: sources, permissions, owners."""

from collections.abc import Sequence
from datetime import date

from core.criteria.advice import Advice
from core.criteria.registers import ContextSource, Permitted
from core.criteria.scope_parts import OWNER_WORDS, Owners
from core.criteria.wording import days_words


def on_sources(sources: Sequence[ContextSource], today: date) -> list[Advice]:
    found = []
    if orphans := [one.source for one in sources if not one.owner]:
        found.append(
            Advice(
                "source_no_owner",
                f"{_names(orphans)} {_has(orphans)} no owner.",
                "What nobody keeps up to date goes wrong unseen. Name who answers for it.",
            )
        )
    found += [
        Advice(
            "source_too_old",
            f"“{one.source}” is {days_words(one.days_too_old(today))} older than it may be.",
            "The feature answers from what was true then. Bring it up to date, then write down the day.",
        )
        for one in sources
        if one.days_too_old(today)
    ]
    if undated := [one.source for one in sources if one.fresh_days is None or one.updated_on is None]:
        found.append(
            Advice(
                "source_age_unknown",
                f"Nobody has said how old {_names(undated)} may be, or is.",
                "Old facts are told as surely as new ones. Write down the limit and the last update.",
            )
        )
    if unwritten := [one.source for one in sources if one.head_rules]:
        found.append(
            Advice(
                "source_head_rules",
                f"{_names(unwritten)} {_has(unwritten)} rules that live in people's heads.",
                "The feature cannot follow what is written nowhere. Put the rules where it reads them.",
            )
        )
    return found


def on_permissions(permitted: Permitted) -> list[Advice]:
    found = []
    if final := [one.what for one in permitted.actions if one.is_final and not one.approval]:
        found.append(
            Advice(
                "action_no_approval",
                f"Nobody has to agree before {_names(final)}, which cannot be undone.",
                "One wrong answer is then a fact. Name who agrees before, and on which screen.",
            )
        )
    if permitted.same_roles_everywhere is False:
        found.append(
            Advice(
                "roles_differ",
                "Its roles are not the same in every environment.",
                "What was tested with other rights was not tested. Give it the same roles everywhere.",
            )
        )
    return found


def on_owners(owners: Owners) -> list[Advice]:
    """One finding for everything that nobody answers for."""
    given = owners.model_dump()
    open_for = [words.lower() for key, words in OWNER_WORDS.items() if not given[key]]
    if not open_for:
        return []
    return [
        Advice(
            "owners_missing",
            f"Nobody is named for {_list(open_for)}.",
            "In a bad night everybody waits for somebody else. Name one person for each.",
        )
    ]


def _names(names: Sequence[str]) -> str:
    return _list([f"“{name}”" for name in names])


def _list(words: Sequence[str]) -> str:
    """One, two, and more words in a row: "a", "a and b", "a, b, and c"."""
    if len(words) < 3:
        return " and ".join(words)
    return f"{', '.join(words[:-1])}, and {words[-1]}"


def _has(names: Sequence[str]) -> str:
    return "has" if len(names) == 1 else "have"
