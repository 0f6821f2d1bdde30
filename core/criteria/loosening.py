"""What an amendment makes easier, in the words of those who must agree to it."""

from collections.abc import Collection

from core.criteria.checklist import AttestedItem, Checklist, Direction, MeasuredItem, Tier
from core.criteria.commitment import Signers
from core.criteria.dependencies import parts_of
from core.criteria.scope_parts import RegressionRule
from core.criteria.stakes import Stakes
from core.criteria.wording import bar_words, days_words, item_label, item_sentence, label_of
from core.metrics.measurement import SOURCE_WORDS

_TIER_WORDS = {
    Tier.ROLL_BACK: "rolls back",
    Tier.PAUSE: "pauses",
    Tier.BLOCKS: "blocks",
    Tier.ADVISORY: "only advises",
}
_STRICTEST_FIRST = tuple(Tier)
_RISING = tuple(Stakes)

_Item = MeasuredItem | AttestedItem


def loosenings(before: Checklist, after: Checklist, also: Collection[str] = frozenset()) -> tuple[str, ...]:
    """One sentence for each thing that ``after`` makes easier than ``before``.

    Advisory items decide nothing, so they get no easier, unless a phase has to show them (``also`` has
    the ids of those). Where nobody can say which of two is the
    easier one (another metric, another window, another wording of a question), it counts as easier.
    """
    found = []
    if _RISING.index(after.stakes) < _RISING.index(before.stakes):
        found.append(f"Weaker evidence is enough: the stakes go from {before.stakes} to {after.stakes}.")
    for item in before.items:
        if item.decides or item.id in also:
            found += _easier(item, after.item(item.id))
    return tuple(found)


def fewer_signers(before: Signers, after: Signers) -> tuple[str, ...]:
    """What gets easier about who must sign."""
    found = []
    if after.needed < before.needed:
        found.append(f"Fewer people sign: {before.needed} → {after.needed}.")
    dropped = [one for one in before.named if one not in after.named]
    if before.named and not after.named:
        found.append("Anybody with the role signer may sign, no longer only those who were named.")
    elif dropped:
        found.append(f"No longer named as a signer: {', '.join(dropped)}.")
    added = [one for one in after.named if one not in before.named]
    if before.named and after.named and added:
        found.append(f"Others may sign as well: {', '.join(added)}.")
    return tuple(found)


def easier_regressions(before: RegressionRule, after: RegressionRule) -> tuple[str, ...]:
    """What may get worse from one release to the next that might not before."""
    found = []
    old, new = before.margin_points, after.margin_points
    if old is not None and new is None:
        found.append(f"No margin says any more what a regression is (it was {old:g} points).")
    elif old is not None and new is not None and new > old:
        found.append(f"A new release may be {new:g} points worse, not {old:g}.")
    for watched in before.slices:
        if watched not in after.slices:
            found.append(f"{watched.column} = {watched.value} may get worse with a new release.")
    for case in before.critical_cases:
        if case not in after.critical_cases:
            found.append(f"“{case}” may fail: it is no longer a critical case.")
    return tuple(found)


def _easier(old: _Item, new: _Item | None) -> list[str]:
    name = f"“{label_of(old)}”"
    if new is None:
        return [f"{name} is removed ({_sentence(old)})."]
    if old.decides and not new.decides:
        return [f"{name} no longer decides: it becomes advisory."]
    sentences = []
    if _STRICTEST_FIRST.index(new.tier) > _STRICTEST_FIRST.index(old.tier):
        sentences.append(f"{name} {_TIER_WORDS[new.tier]} when it fails, no longer {_TIER_WORDS[old.tier]}.")
    if old.floor is not None and new.floor is not old.floor:
        sentences.append(f"{name} is no longer part of the least, so that it can be waived.")
    if old.valid_days is not None and (new.valid_days is None or new.valid_days > old.valid_days):
        longer = days_words(new.valid_days) if new.valid_days else "for ever"
        sentences.append(f"{name}: evidence counts for longer, {days_words(old.valid_days)} → {longer}.")
    if old.depends_on != new.depends_on and (dropped := set(parts_of(old)) - set(parts_of(new))):
        parts = ", ".join(part.label.lower() for part in parts_of(old) if part in dropped)
        sentences.append(f"{name} no longer goes stale when these parts of the release change: {parts}.")
    match old, new:
        case MeasuredItem(), MeasuredItem():
            sentences += _easier_bar(name, old, new)
        case AttestedItem(), AttestedItem():
            sentences += _easier_question(name, old, new)
        case MeasuredItem(), _:
            sentences.append(f"{name} is answered by a person, no longer measured.")
        case _:
            sentences.append(f"{name} is measured instead of answered: {_sentence(new)}.")
    return sentences


def _easier_bar(name: str, old: MeasuredItem, new: MeasuredItem) -> list[str]:
    if (old.metric, old.source) != (new.metric, new.source):
        was, now = (f"{item_label(item)} from {SOURCE_WORDS[item.source]}" for item in (old, new))
        return [f"{name} is measured in another way: {was} → {now}."]
    sentences = []
    if _is_lower(old, new):
        sentences.append(f"{name}: the bar goes from {bar_words(old)} to {bar_words(new)}.")
    if new.minimum_n < old.minimum_n:
        sentences.append(f"{name}: fewer cases are enough, {old.minimum_n:,} → {new.minimum_n:,}.")
    if old.window_days != new.window_days:
        sentences.append(f"{name}: other days count, {_window(old)} → {_window(new)}.")
    if old.slice != new.slice:
        sentences.append(f"{name}: other cases count, {_slice(old)} → {_slice(new)}.")
    if old.protected and not new.protected:
        sentences.append(f"{name} is no longer protected.")
    return sentences


def _is_lower(old: MeasuredItem, new: MeasuredItem) -> bool:
    if old.count is not None and new.count is not None:
        return new.count < old.count
    if old.bar is None or new.bar is None:
        return (old.bar, old.count) != (new.bar, new.count)
    return new.bar < old.bar if new.direction is Direction.ABOVE else new.bar > old.bar


def _easier_question(name: str, old: AttestedItem, new: AttestedItem) -> list[str]:
    sentences = []
    if old.sentence != new.sentence:
        sentences.append(f"{name} is asked in other words: “{new.sentence}”.")
    if (new.mechanisms or 0) < (old.mechanisms or 0):
        fewer = f"{old.mechanisms} → {new.mechanisms or 'none'}"
        sentences.append(f"{name}: fewer mechanisms must be on, {fewer}.")
    return sentences


def _window(item: MeasuredItem) -> str:
    return f"the last {days_words(item.window_days)}" if item.window_days else "all since the lock"


def _slice(item: MeasuredItem) -> str:
    return " and ".join(f"{name} = {part}" for name, part in sorted(item.slice.items())) or "everything"


def _sentence(item: _Item) -> str:
    return (item_sentence(item) if isinstance(item, MeasuredItem) else item.sentence).rstrip(".")
