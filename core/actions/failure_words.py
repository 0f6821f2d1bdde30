"""The words of failures: offered with their meaning, added, renamed, merged, and parted again.

A word stays on the rows that have it. It is counted, in lists, curves, rates and logs, as what it became.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.actions.failures import noted_failures
from core.actions.moments import not_before
from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.reasons import one_line
from core.actions.verdicts import note_verdict
from core.actions.workspace import Workspace
from core.errors import WrongUsage
from core.evidence.failure_words import (
    METRIC_TYPES,
    STARTERS,
    WordKind,
    clean_meaning,
    clean_word,
    counted_as,
    fold_words,
    group_of,
    look_alikes,
)
from core.metrics.pareto import one_each
from core.store import audit, failure_words, features
from core.store.database import Connection
from core.store.failure_words import SavedWord
from core.store.features import Feature


@dataclass(frozen=True)
class OfferedWord:
    """A type or a cause to choose from: ``times`` is how many failures it counts now.

    ``earlier`` are the words that became it; ``group`` files root causes, "" for types.
    """

    kind: WordKind
    word: str
    definition: str
    example: str
    times: int
    group: str = ""
    is_starter: bool = False
    earlier: tuple[str, ...] = ()


@dataclass(frozen=True)
class WordsView:
    """``alike`` are pairs of types, then of causes, that are probably one word each: (kind, one, other).

    ``history`` are the savings, the newest first.
    """

    words: tuple[OfferedWord, ...]
    alike: tuple[tuple[WordKind, str, str], ...]
    history: tuple[SavedWord, ...]


@dataclass(frozen=True)
class _Saving:
    """A row to be: a word with its meaning, and what it becomes."""

    word: str
    definition: str = ""
    example: str = ""
    became: str | None = None


def offered_words(workspace: Workspace, caller: Caller, slug: str) -> tuple[OfferedWord, ...]:
    """The types, then the causes: the starter words first, then the feature's own in the order they came."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        return _offered(workspace, connection, features.by_slug(connection, slug))


def view_words(workspace: Workspace, caller: Caller, slug: str) -> WordsView:
    """The words, those that look alike, and what was done to them."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        words = _offered(workspace, connection, feature)
        history = failure_words.history(connection, feature.id)
    parted = {frozenset((fold_words(one.word), fold_words(one.became))) for one in history if one.became}
    alike = [
        (kind, one, other)
        for kind in WordKind
        for one, other in look_alikes([word.word for word in words if word.kind is kind], parted)
    ]
    return WordsView(words, tuple(alike), tuple(reversed(history)))


def add_word(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    kind: WordKind | str,
    word: str,
    definition: str = "",
    example: str = "",
) -> str:
    """Add a word of the feature's own, or say anew what a known one means; returns the word to be used.

    A word that became another one is that one; without a meaning, a known word is left as it is.
    """
    require(workspace, caller, Act.NAME_FAILURES, slug)
    kind, word = _kind(kind), clean_word(word)
    definition, example = clean_meaning(definition, "definition"), clean_meaning(example, "example")
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        now = not_before(connection, slug, now)
        became = failure_words.became(connection, feature.id)
        word = counted_as(became, kind, word)
        known = _known(connection, feature, kind, word)
        if known is not None and (not definition and not example):
            return known.word
        saving = _Saving(known.word if known else word, definition, example)
        _save(connection, feature, caller, now, "failure word added", kind, [saving])
    return saving.word


def rename_word(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    kind: WordKind | str,
    word: str,
    new: str,
    *,
    reason: str = "",
) -> None:
    """Give a word another name: rows keep the old one and count under the new one."""
    require(workspace, caller, Act.NAME_FAILURES, slug)
    kind, word, new, reason = _kind(kind), clean_word(word), clean_word(new), one_line(reason)
    if fold_words(word) == fold_words(new):
        raise WrongUsage(
            f"“{new}” and “{word}” are one word already.", mend="Case and spaces make no difference."
        )
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        now = not_before(connection, slug, now)
        _check_free(workspace, connection, feature, kind, word)
        if _is_there(workspace, connection, feature, kind, new):
            raise WrongUsage(f"There is a word “{new}” already.", mend="Merge the two instead.")
        meaning = _known(connection, feature, kind, word) or _Saving(word)
        savings = [
            _Saving(meaning.word, meaning.definition, meaning.example, became=new),
            _Saving(new, meaning.definition, meaning.example),
        ]
        _save(connection, feature, caller, now, "failure word renamed", kind, savings, reason)
        features.bump_evidence_version(connection, feature.id)
    note_verdict(workspace, now, slug)


def merge_words(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    kind: WordKind | str,
    words: Sequence[str],
    into: str,
    *,
    reason: str = "",
) -> None:
    """Count ``words`` as ``into`` from now on, in all that was noted and all that will be."""
    require(workspace, caller, Act.NAME_FAILURES, slug)
    kind, into, reason = _kind(kind), clean_word(into), one_line(reason)
    away = [clean_word(word) for word in words if fold_words(word) != fold_words(into)]
    if not away:
        raise WrongUsage("There is nothing to merge.", mend="Choose at least two different words.")
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        now = not_before(connection, slug, now)
        became = failure_words.became(connection, feature.id)
        if not _is_there(workspace, connection, feature, kind, into):
            raise WrongUsage(f"There is no word “{into}”.", mend="Add it, or rename one to it.")
        savings = []
        if counted_as(became, kind, into) != into:
            # It had become another word, perhaps one of those that are to become it.
            meaning = _known(connection, feature, kind, into) or _Saving(into)
            savings = [_Saving(meaning.word, meaning.definition, meaning.example)]
        for word in away:
            _check_free(workspace, connection, feature, kind, word)
            meaning = _known(connection, feature, kind, word) or _Saving(word)
            savings.append(_Saving(meaning.word, meaning.definition, meaning.example, became=into))
        _save(connection, feature, caller, now, "failure words merged", kind, savings, reason)
        features.bump_evidence_version(connection, feature.id)
    note_verdict(workspace, now, slug)


def part_word(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    kind: WordKind | str,
    word: str,
    *,
    reason: str = "",
) -> None:
    """Undo a merge or a renaming: the word counts for itself again, with the rows that have it."""
    require(workspace, caller, Act.NAME_FAILURES, slug)
    kind, word, reason = _kind(kind), clean_word(word), one_line(reason)
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        now = not_before(connection, slug, now)
        saved = failure_words.current(connection, feature.id).get((kind.value, fold_words(word)))
        if saved is None or saved.became is None:
            raise WrongUsage(f"“{word}” counts for itself already.", mend="There is nothing to undo.")
        saving = _Saving(saved.word, saved.definition, saved.example)
        _save(connection, feature, caller, now, "failure word parted", kind, [saving], reason)
        features.bump_evidence_version(connection, feature.id)
    note_verdict(workspace, now, slug)


def _offered(workspace: Workspace, connection: Connection, feature: Feature) -> tuple[OfferedWord, ...]:
    became = failure_words.became(connection, feature.id)
    saved = failure_words.current(connection, feature.id)
    times, spelled = _used(workspace, connection, feature)
    earlier: dict[tuple[str, str], list[str]] = {}
    for key, now in became.items():
        earlier.setdefault((key[0], fold_words(now)), []).append(saved[key].word)
    found = []
    for kind in WordKind:
        starters = {fold_words(one.word): one for one in STARTERS[kind]}
        own = {key[1]: one.word for key, one in saved.items() if key[0] == kind.value}
        every = {folded: one.word for folded, one in starters.items()} | own | spelled[kind]
        for folded, word in every.items():
            if (kind.value, folded) in became:
                continue
            meaning = saved.get((kind.value, folded)) or starters.get(folded)
            found.append(
                OfferedWord(
                    kind,
                    starters[folded].word if folded in starters else own.get(folded, word),
                    meaning.definition if meaning else "",
                    meaning.example if meaning else "",
                    times[kind, folded],
                    group_of(became, word) if kind is WordKind.CAUSE else "",
                    folded in starters,
                    tuple(earlier.get((kind.value, folded), ())),
                )
            )
    return tuple(found)


def _used(
    workspace: Workspace, connection: Connection, feature: Feature
) -> tuple[Counter[tuple[WordKind, str]], Mapping[WordKind, dict[str, str]]]:
    """How many failures each folded word counts, and how those that are in use are spelled."""
    times: Counter[tuple[WordKind, str]] = Counter()
    spelled: dict[WordKind, dict[str, str]] = {kind: {} for kind in WordKind}
    for one in one_each(noted_failures(workspace, connection, feature)):
        for kind, word in ((WordKind.TYPE, one.failure_type), (WordKind.CAUSE, one.root_cause or "")):
            if folded := fold_words(word):
                times[kind, folded] += 1
                spelled[kind].setdefault(folded, " ".join(word.split()))
    return times, spelled


def _known(connection: Connection, feature: Feature, kind: WordKind, word: str) -> _Saving | None:
    """What was said of a word, by the team or from the start; None for a word that is only in use."""
    folded = fold_words(word)
    saved = failure_words.current(connection, feature.id).get((kind.value, folded))
    if saved is not None:
        return _Saving(saved.word, saved.definition, saved.example, saved.became)
    starter = next((one for one in STARTERS[kind] if fold_words(one.word) == folded), None)
    return None if starter is None else _Saving(starter.word, starter.definition, starter.example)


def _is_there(
    workspace: Workspace, connection: Connection, feature: Feature, kind: WordKind, word: str
) -> bool:
    if _known(connection, feature, kind, word) is not None:
        return True
    return fold_words(word) in _used(workspace, connection, feature)[1][kind]


def _check_free(
    workspace: Workspace, connection: Connection, feature: Feature, kind: WordKind, word: str
) -> None:
    """Refuse a word that is not there, that has become another, or that a metric counts by its name."""
    if kind is WordKind.TYPE and fold_words(word) in map(fold_words, METRIC_TYPES):
        raise WrongUsage(
            f"“{word}” has a metric of its own, which counts it by this name.",
            mend="Merge others into it, rather than it into another.",
        )
    if not _is_there(workspace, connection, feature, kind, word):
        raise WrongUsage(f"There is no word “{word}”.", mend="Choose one from the list.")
    now = counted_as(failure_words.became(connection, feature.id), kind, word)
    if now != word:
        raise WrongUsage(f"“{word}” counts as “{now}” already.", mend="Undo that first.")


def _save(
    connection: Connection,
    feature: Feature,
    caller: Caller,
    now: datetime,
    action: str,
    kind: WordKind,
    savings: Sequence[_Saving],
    reason: str = "",
) -> None:
    rows = []
    for one in savings:
        saved = failure_words.add(
            connection,
            feature_id=feature.id,
            kind=kind.value,
            word=one.word,
            definition=one.definition,
            example=one.example,
            became=one.became,
            by=caller.name,
            by_id=caller.person_id,
            reason=reason,
            now=now,
        )
        said = {"id": saved.id, "word": one.word, "definition": one.definition, "example": one.example}
        rows.append(said | {"became": one.became})
    audit.append(
        connection,
        actor=caller.name,
        action=action,
        subject=f"feature/{feature.slug}",
        payload={"kind": kind.value, "words": rows, "reason": reason, "person": caller.person_id},
        now=now,
    )


def _kind(kind: WordKind | str) -> WordKind:
    try:
        return WordKind(kind)
    except ValueError:
        raise WrongUsage(f"“{kind[:20]}” is no kind of word.", mend="Say type or cause.") from None
