"""What the columns of a table seem to be, each with its reason: guesses for a person to confirm."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from enum import IntEnum
from itertools import islice

from core.errors import ColumnGuess
from core.evidence.column import fold
from core.evidence.columns import COLUMNS, TABLE_KINDS, VERDICT_COLUMNS, Kind
from core.intake.column_looks import LOOKED_AT, Look
from core.intake.header_words import (
    ANOTHERS,
    CHANGES,
    HOLDS,
    SECONDS,
    TOO_GENERAL,
    UNITS,
    VOCABULARY,
    WANTED,
    bare,
    words_of,
)
from core.intake.likely_units import likely_unit
from core.intake.mapping import canonical_column, is_own_name, known_column, known_words
from core.intake.needs import IDENTITY
from core.intake.other_units import column_name
from core.intake.report import shown

_SAMPLES = 3
_LONGEST_NAME = 120
_CLOSE = 0.83
_LONG_TEXT = 40
_OUTCOMES = {
    Kind.LABELS: VERDICT_COLUMNS,
    Kind.EVALS: ("passed", "score", "error_kind", "metrics", "human_label", "tools_expected"),
    Kind.FAILURES: ("failure_type",),
}


class Ground(IntEnum):
    """What a guess rests on; only the highest is taken without a person's word."""

    NONE = 0
    VALUES = 1
    NAME = 2
    KNOWN = 3  # its own name, or a known spelling of it


@dataclass(frozen=True)
class Guess:
    """The canonical column ``name`` (empty: none) that ``header`` seems to be, and why."""

    header: str
    name: str
    because: str
    ground: Ground


@dataclass(frozen=True)
class _Candidate:
    strength: float
    header: str
    name: str
    because: str


def guess_columns(kind: Kind, cells: Mapping[str, Sequence[str | None]]) -> tuple[Guess, ...]:
    """One guess for each header of ``cells``, in their order; no canonical column is guessed twice.

    ``cells`` are some cells of every column (None: blank); more of them make better guesses.
    """
    looks = {header: Look(column) for header, column in cells.items()}
    found = _known(kind, [header for header, look in looks.items() if not look.contradicts(kind, header)])
    known = {guess.name for guess in found.values()}
    units = {header: _other_unit(header, look, kind, known) for header, look in looks.items()}
    in_seconds = [one for header, one in units.items() if header not in found and isinstance(one, _Candidate)]
    for header, unit in units.items():
        if unit and header not in found:
            found[header] = unit if isinstance(unit, Guess) else Guess(header, "", unit.because, Ground.NONE)
    by_name = [
        one
        for header, look in looks.items()
        if header not in found and len(header) <= _LONGEST_NAME
        for one in (*_by_name(header, kind), *_of_number_sign(header, kind, look))
        if look.may_be(canonical_column(kind, one.name))
    ]
    by_name = [_in_likely_unit(one, looks[one.header]) for one in by_name]
    like_seconds = [one for one in by_name if one.name == "latency_s"]
    by_name = [one for one in by_name if one.name != "latency_s"]
    _take(by_name, Ground.NAME, found)
    for one in in_seconds:
        # A column whose name says no other unit comes first.
        del found[one.header]
        _take([one], Ground.NAME, found)
        found.setdefault(one.header, Guess(one.header, "", "Another column is latency_ms.", Ground.NONE))
    _take(like_seconds, Ground.VALUES, found)
    _take(_by_values(kind, looks, found), Ground.VALUES, found)
    nothing = "Nothing about it is known."
    return tuple(found.get(header, Guess(header, "", nothing, Ground.NONE)) for header in cells)


def likeliest_kinds(cells: Mapping[str, Sequence[str | None]], kinds: Iterable[Kind]) -> list[Kind]:
    """``kinds``, what the rows most probably are first."""
    order = list(kinds)
    weights = {kind: _weight(kind, guess_columns(kind, cells)) for kind in order}
    return sorted(order, key=lambda kind: (-weights[kind], order.index(kind)))


def as_columns(
    guesses: Iterable[Guess], cells: Mapping[str, Sequence[str | None]]
) -> tuple[ColumnGuess, ...]:
    """The guesses as a question carries them, with samples."""
    return tuple(
        ColumnGuess(guess.header, guess.name, guess.because, _samples(cells[guess.header]))
        for guess in guesses
    )


def _known(kind: Kind, headers: Iterable[str]) -> dict[str, Guess]:
    """Own names first, then known spellings in the order of the file."""
    claims = {header: column for header in headers if (column := known_column(kind, header))}
    own_first = sorted(claims, key=lambda header: not is_own_name(header, claims[header].name))
    found: dict[str, Guess] = {}
    taken: set[str] = set()
    for header in own_first:
        name = claims[header].name
        own = is_own_name(header, name)
        if name in taken:
            found[header] = Guess(header, "", f"Another column is {name} already.", Ground.NONE)
        else:
            because = "This is its own name." if own else f"This is a known spelling of {name}."
            found[header] = Guess(header, name, because, Ground.KNOWN)
            taken.add(name)
    return found


def _take(candidates: list[_Candidate], ground: Ground, found: dict[str, Guess]) -> None:
    """Give each header and each canonical column its strongest candidate that is still free."""
    taken = {column_name(guess.name) for guess in found.values()}
    # Sorting is stable: of two that are as strong, the one that stands first in the file is taken.
    for one in sorted(candidates, key=lambda candidate: -candidate.strength):
        if one.header not in found and column_name(one.name) not in taken:
            found[one.header] = Guess(one.header, one.name, one.because, ground)
            taken.add(column_name(one.name))


def _by_name(header: str, kind: Kind) -> list[_Candidate]:
    words = words_of(header)
    folded = [bare(word) for word in words]
    candidates = [
        *_of_vocabulary(header, bare(header), kind, 0.9),
        *_of_last_parts(header, kind),
        *_of_phrases(header, words, folded, kind),
        *_of_compound(header, folded, kind),
        *_of_typo(header, folded[-1] if folded else "", kind),
    ]
    if ANOTHERS & set(folded):
        return []
    if WANTED & set(folded):
        return [one for one in candidates if "expected" in one.name or one.name == "corrected_answer"]
    return candidates


def _of_number_sign(header: str, kind: Kind, look: Look) -> list[_Candidate]:
    """“#” over numbers that all differ, as people number the rows of a sheet."""
    if header.strip() != "#" or len(look.words) < len(look.cells):
        return []
    return [_Candidate(0.4, header, IDENTITY[kind], "“#” numbers the rows.")]


def _of_vocabulary(header: str, word: str, kind: Kind, strength: float) -> list[_Candidate]:
    names, language = VOCABULARY.get(word, ((), ""))
    article = "another" if language == "English" else f"a {language}"
    because = f"“{shown(header)}” is {article} word for it."
    of_kind = {column.name for column in COLUMNS[kind]}
    return [_Candidate(strength, header, name, because) for name in names if name in of_kind]


def _of_last_parts(header: str, kind: Kind) -> list[_Candidate]:
    """The end of a dotted name: "request.user.id" is a user id, "meta.latency_ms" a latency."""
    parts = header.split(".")
    candidates = []
    for count in range(min(3, len(parts) - 1), 0, -1):
        end = ".".join(parts[-count:])
        because = f"The name ends in “{shown(end)}”."
        strength = 0.9 + count / 100
        column = known_column(kind, end)
        if column is not None and bare(end) not in HOLDS:
            candidates.append(_Candidate(strength, header, column.name, because))
        candidates += [
            _Candidate(strength - 0.05, header, one.name, because)
            for one in _of_vocabulary(header, bare(end), kind, 0)
            if bare(end) not in TOO_GENERAL | HOLDS
        ]
    return candidates


def _of_phrases(header: str, words: Sequence[str], folded: Sequence[str], kind: Kind) -> list[_Candidate]:
    """Known words inside the name; the longest and the last say most."""
    inside, at_end = list[_Candidate](), list[_Candidate]()
    letters = sum(map(len, folded)) or 1
    last = header.rsplit(".", 1)[-1]
    # What is inside an object is not what the object is: “user.country” is no user.
    needed = 0 if "." not in header or bare(last) in HOLDS else len(words) - len(words_of(last)) + 1
    if folded and folded[-1] in CHANGES and bare(last) not in HOLDS:
        needed = len(words)
    for begin in range(len(words)):
        for end in range(max(begin + 1, needed), min(begin + 4, len(words)) + 1):
            phrase = "".join(folded[begin:end])
            if len(phrase) < 3 or phrase in TOO_GENERAL or (begin == 0 and end == len(words)):
                continue
            column = known_column(kind, phrase)
            names = [column.name] if column else [one.name for one in _of_vocabulary(header, phrase, kind, 0)]
            strength = 0.5 + 0.3 * len(phrase) / letters + (0.05 if end == len(words) else 0)
            because = f"The name contains “{shown(' '.join(words[begin:end]))}”."
            found = [_Candidate(strength, header, name, because) for name in names]
            if end == len(words):
                at_end += found
            else:
                inside += found
    # The last words say what it is: a “response model” is a model.
    return at_end or inside


def _of_compound(header: str, folded: Sequence[str], kind: Kind) -> list[_Candidate]:
    """German puts words together: the last part says what a “Bearbeitungsdauer” is."""
    candidates = []
    for word in folded:
        for begin in range(2, len(word) - 4):
            if VOCABULARY.get(word[begin:], ((), ""))[1] == "German":
                because = f"The name contains “{word[begin:]}”."
                strength = 0.5 + 0.2 * (len(word) - begin) / len(word)
                ends = _of_vocabulary(header, word[begin:], kind, strength)
                candidates += [_Candidate(strength, header, one.name, because) for one in ends]
    return candidates


def _of_typo(header: str, last: str, kind: Kind) -> list[_Candidate]:
    word = fold(header)
    if len(word) < 5:
        return []
    candidates = []
    for known, column in known_words(kind).items():
        is_changed = last in CHANGES and not known.endswith(last)
        if len(known) >= 5 and abs(len(known) - len(word)) <= 2 and not is_changed:
            likeness = SequenceMatcher(None, word, known).ratio()
            if likeness >= _CLOSE:
                because = f"The name is close to “{known}”."
                candidates.append(_Candidate(0.75 * likeness, header, column.name, because))
    return candidates


def _other_unit(header: str, look: Look, kind: Kind, taken: set[str]) -> Guess | _Candidate | None:
    """The guess for a column whose name says another unit. Nothing is ever converted in silence: seconds
    are proposed, for a person to confirm, and of other units it is said why the column is not."""
    words = {bare(word) for word in words_of(header)} | ({"€", "£"} & set(header))
    for name, (unit, others) in UNITS.items():
        said = words & others
        if not said or name in taken or all(column.name != name for column in COLUMNS[kind]):
            continue
        rest = " ".join(word for word in words_of(header) if bare(word) not in others)
        if rest and (known_column(kind, rest) or any(one.name == name for one in _by_name(rest, kind))):
            if name == "latency_ms" and said <= SECONDS and look.may_be(canonical_column(kind, name)):
                because = f"The name says seconds (“{min(said)}”). They are converted to milliseconds."
                return _Candidate(0, header, "latency_s", because)
            because = (
                f"The name says another unit (“{min(said)}”); {name} holds {unit}. Convert the file first."
            )
            return Guess(header, "", because, Ground.NONE)
    return None


def _in_likely_unit(one: _Candidate, look: Look) -> _Candidate:
    """``one``, or a latency whose name tells no unit in the one that its values look like."""
    likely = likely_unit(one.header, look) if one.name == "latency_ms" else None
    return one if likely is None else replace(one, name=likely[0], because=likely[1])


def _by_values(kind: Kind, looks: Mapping[str, Look], found: Mapping[str, Guess]) -> list[_Candidate]:
    """What the cells alone suggest, weaker than any name."""
    free = {header: look for header, look in looks.items() if header not in found and look.cells}
    names = {column.name for column in COLUMNS[kind]} - {guess.name for guess in found.values()}
    candidates = [
        _Candidate(strength, header, name, because)
        for header, look in free.items()
        for strength, name, because in _suggestions(kind, look)
        if name != IDENTITY[kind] or not WANTED & {bare(word) for word in words_of(header)}
    ]
    candidates += _of_texts(free)
    return [one for one in candidates if one.name in names]


def _suggestions(kind: Kind, look: Look) -> Iterable[tuple[float, str, str]]:
    feedback = {
        word for column in COLUMNS[kind] for word, _ in column.choices if column.name == "user_feedback"
    }
    if look.times == 1:
        for name in ("started_at", "labelled_at", "found_at"):
            yield 0.4, name, "Every cell is a date or a time."
    elif look.words and look.words <= feedback:
        yield 0.4, "user_feedback", "Its words are those of feedback."
    elif look.is_yes_no and len(look.words) > 1:
        for name in ("passed", "answer_right"):
            yield 0.3, name, "Every cell is yes or no."
    elif look.texts_listed == 1:
        yield 0.2, "tools_called", "Every cell is a list of texts."
    elif look.objects == 1:
        for name in ("scores", "metrics"):
            yield 0.1, name, "Every cell is an object of several values."
    elif look.are_ids:
        yield 0.3, IDENTITY[kind], "Every cell is a different id."


def _of_texts(free: Mapping[str, Look]) -> list[_Candidate]:
    """Long texts: what ends in question marks was asked, the longest are the answers."""
    texts = {header: look for header, look in free.items() if look.length >= 15 and " " in look.cells[0]}
    texts = {header: look for header, look in texts.items() if look.times + look.lists + look.objects == 0}
    candidates = []
    for header, look in texts.items():
        asked = sum(cell.endswith("?") for cell in look.cells) / len(look.cells)
        if asked >= 0.5:
            candidates.append(_Candidate(0.3, header, "query", "Most cells are questions."))
        elif look.length >= _LONG_TEXT or len(texts) > 1:
            strength = 0.2 + min(look.length, 1000) / 10_000
            candidates.append(_Candidate(strength, header, "response", "The cells are long texts."))
    return candidates


def _weight(kind: Kind, guesses: Iterable[Guess]) -> float:
    """How well the columns fit ``kind``; columns that no other kind has say more."""
    worth = {Ground.NONE: 0.0, Ground.VALUES: 0.2, Ground.NAME: 0.8, Ground.KNOWN: 1.0}
    total, names = 0.0, set[str]()
    for guess in guesses:
        if guess.name:
            names.add(guess.name)
            kinds = sum(any(column.name == guess.name for column in COLUMNS[one]) for one in TABLE_KINDS)
            total += worth[guess.ground] * (2 if kinds == 1 else 1)
    if kind in _OUTCOMES and names.isdisjoint(_OUTCOMES[kind]):
        total *= 0.4
    return total if IDENTITY[kind] in names else total * 0.7


def _samples(column: Sequence[str | None]) -> tuple[str, ...]:
    filled = (shown(cell) for cell in column if cell and not cell.isspace())
    return tuple(dict.fromkeys(islice(filled, LOOKED_AT)))[:_SAMPLES]
