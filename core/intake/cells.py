"""Text cells -> typed values, one column at a time: strict, and never by guessing."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import rfc8785

from core.evidence.column import CellType, Column
from core.intake.cell_terms import Fault, Reading
from core.intake.converted import Converted
from core.intake.doubts import Notices
from core.intake.json_values import Faulty, compact, decode, plain
from core.intake.shares import SHARE_FIX, is_share, of_hundred, without_sign

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_NUMBER_WITH_COMMA = re.compile(r"[+-]?[0-9]+(?:,[0-9]+)?")
_DECIMAL_COMMA = re.compile(r"[+-]?([0-9]+),([0-9]+)")
_INTEGER = re.compile(r"([+-]?[0-9]+)(?:\.0*)?")
CONTROLS = bytes(range(9)) + b"\x0b\x0c" + bytes(range(14, 32))
_CONTROL = re.compile("[" + re.escape(CONTROLS.decode()) + "]")
_NOT_IN_AN_ID = re.compile("[\x00-\x1f\x7f-\x9f]")
EXCEL_CELL = 32_767
_LIST_ENDS = re.compile(r"[;|\n]")

# UTF-8 that was read as Latin text and saved again: “Ã©”, “Â ”, “â€œ”.
MOJIBAKE = (b"\xc3\x83\xc2", b"\xc3\x82\xc2", b"\xc3\xa2\xe2\x82\xac")

_YES = {"true", "yes", "y", "1", "✓", "✔", "ja", "oui", "sí", "si"}
_NO = {"false", "no", "n", "0", "✗", "✘", "nein", "non"}
_RIGHT = {"pass", "passed", "p", "right", "correct", "ok", "t", "✅", "☑"}
_WRONG = {"fail", "failed", "f", "wrong", "incorrect", "❌", "✖"}
_AS_A_PICTURE = "\ufe0f"
"""What a keyboard may put behind a check mark, so that it is shown in colour."""

_TRUE_IS_GOOD = {
    "passed", "human_label", "schema_valid", "tool_right", "context_right", "answer_right", "grounded",
}  # fmt: skip
"""Columns in which a verdict word has one meaning; “wrong” under “hallucination” has two."""


_MISSING = (None, None)

OneCell = Callable[[str], "tuple[Any, str] | Fault | None"]
"""A cell that is not blank -> value and canonical text, a fault, or None where a question is open."""


def convert(header: str, column: Column, cells: list[str | None], reading: Reading) -> Converted:
    """The cells of ``column`` (None: blank) in its type. TIME columns are read by ``times.convert``."""
    if is_plain_text(column):
        return _texts(header, column, cells, reading)
    return each(cells, cell_reader(column, reading))


def is_plain_text(column: Column) -> bool:
    """Whether any text is a value of ``column``."""
    return column.type is CellType.TEXT and not column.choices


def cell_reader(column: Column, reading: Reading) -> OneCell:
    """What reads one cell of ``column``, which is neither of plain text nor of times."""
    match column.type:
        case CellType.TEXT:
            return _choice(column)
        case CellType.NUMBER:
            return _share(column, reading) if is_share(column) else _number(column, reading)
        case CellType.INTEGER:
            return _integer(column)
        case CellType.BOOLEAN:
            return _boolean(column)
        case CellType.TEXT_LIST:
            return _list(reading)
        case CellType.JSON:
            return _json(reading)
        case CellType.TIME:
            raise ValueError(f"{column.name} is read by times.convert")


def each(cells: list[str | None], one: OneCell) -> Converted:
    """``one`` over every cell that is not blank; equal cells are read once."""
    read: dict[str | None, tuple[Any, str | None]] = {None: _MISSING}
    bad: dict[str | None, Fault] = {}
    for cell in dict.fromkeys(cells):
        if cell is not None:
            found = one(cell)
            read[cell] = found if isinstance(found, tuple) else _MISSING
            if isinstance(found, Fault):
                bad[cell] = found
    pairs = [read[cell] for cell in cells]
    faults = {place: bad[cell] for place, cell in enumerate(cells) if cell in bad} if bad else {}
    return Converted([value for value, _ in pairs], [text for _, text in pairs], faults)


def blank_to_missing(cells: list[str | None]) -> list[str | None]:
    """Blank cells (empty, or only space) are missing ones."""
    return [None if not cell or cell.isspace() else cell for cell in cells]


def _texts(header: str, column: Column, cells: list[str | None], reading: Reading) -> Converted:
    faults = dict[int, Fault]()
    filled = [cell for cell in cells if cell is not None]
    if column.is_identifier:
        faults = _bad_ids(cells, reading.limits.id_characters)
    else:
        longest = max(map(len, filled), default=0)
        if longest >= EXCEL_CELL:
            _tell_cut(header, filled, reading.notices)
        if longest > reading.limits.cell_characters:
            faults = _too_long(cells, reading.limits.cell_characters)
    if faults:
        cells = [None if place in faults else cell for place, cell in enumerate(cells)]
    # One search over all the text of the chunk; most chunks hold nothing odd.
    joined = "".join(filled).encode()
    if len(joined.translate(None, CONTROLS)) != len(joined):
        cells = _without_controls(header, cells, reading.notices)
    if any(mark in joined for mark in MOJIBAKE):
        count = sum(any(mark in cell.encode() for mark in MOJIBAKE) for cell in filled)
        sentence = f"Cells of “{header}” with signs of a wrong encoding (Ã©), kept as they are: {{count}}."
        reading.notices.add("mojibake", sentence, count)
    return Converted(list(cells), cells, faults)


def _bad_ids(cells: list[str | None], longest: int) -> dict[int, Fault]:
    faults = dict[int, Fault]()
    for place, cell in enumerate(cells):
        if cell is None:
            continue
        if len(cell) > longest:
            faults[place] = Fault("bad_id", f"The id is longer than {longest} characters.", "Shorten it.")
        elif _NOT_IN_AN_ID.search(cell):
            faults[place] = Fault("bad_id", "The id holds control characters.", "Remove them.")
    return faults


def _tell_cut(header: str, filled: list[str], notices: Notices) -> None:
    """Excel cuts what is longer than its cells without a word."""
    count = sum(len(cell) == EXCEL_CELL for cell in filled)
    if count:
        sentence = (
            f"Cells of “{header}” with exactly {EXCEL_CELL:,} characters, the most that Excel keeps; their"
            " ends may be missing: {count}."
        )
        notices.add("cut_cells", sentence, count)


def _too_long(cells: list[str | None], longest: int) -> dict[int, Fault]:
    fault = Fault("cell_too_long", f"The cell is longer than {longest:,} characters.", "Shorten it.")
    return {place: fault for place, cell in enumerate(cells) if cell is not None and len(cell) > longest}


def _without_controls(header: str, cells: list[str | None], notices: Notices) -> list[str | None]:
    cleaned = [cell if cell is None else _CONTROL.sub("", cell) for cell in cells]
    count = sum(before != after for before, after in zip(cells, cleaned, strict=True))
    if count:
        sentence = f"Cells of “{header}” from which invisible control characters were removed: {{count}}."
        notices.add("control_chars", sentence, count)
    return blank_to_missing(cleaned)


def _choice(column: Column) -> OneCell:
    words = dict(column.choices)
    known = f"Write one of: {', '.join(sorted(set(words.values())))}."
    if column.name == "user_feedback":
        known += " Thumbs up and down, like and dislike, positive and negative, true and false are known too."
    fault = Fault("unknown_label", "This word is not known here.", known)

    def one(cell: str) -> tuple[str, str] | Fault:
        stored = words.get(cell.strip().casefold())
        return fault if stored is None else (stored, stored)

    return one


def _number(column: Column, reading: Reading) -> OneCell:
    read = _digits(reading)

    def one(cell: str) -> tuple[float, str] | Fault | None:
        value = read(cell.strip())
        if not isinstance(value, float):
            return value
        return _outside(value, column) or (value, repr(value))

    return one


def _share(column: Column, reading: Reading) -> OneCell:
    """A number from 0 to 1, or one with a percent sign; without it only where per cent was answered."""
    read = _digits(reading)
    per_cent = reading.answers.percent == "percent"

    def one(cell: str) -> tuple[float, str] | Fault | None:
        text = cell.strip()
        signed = without_sign(text)
        value = read(text if signed is None else signed)
        if not isinstance(value, float):
            return value and replace(value, fix=f"{value.fix} {SHARE_FIX}")
        if per_cent and signed is None and 0 < value < 1:
            if "percent" in reading.from_memory:
                reading.doubts.note("percent", text)
            return Fault("out_of_range", "The number is a share, and this column is in per cent.", SHARE_FIX)
        if per_cent or signed is not None:
            value = of_hundred(value)
        fault = _outside(value, column)
        if fault is None:
            return value, repr(value)
        if signed is None and reading.answers.percent is None:
            reading.shares.note_number(column.name, text, value)
        return replace(fault, fix=SHARE_FIX)

    return one


def _digits(reading: Reading) -> Callable[[str], float | Fault | None]:
    """What reads a text of digits; None where it is open what its comma means."""
    by_comma = reading.answers.decimal == "comma"
    pattern = _NUMBER_WITH_COMMA if by_comma else _NUMBER

    def one(text: str) -> float | Fault | None:
        if not pattern.fullmatch(text):
            if reading.answers.decimal is None and _may_be_decimal_comma(text, reading.delimiter):
                reading.doubts.note("decimal", text)
                return None
            return _not_a_number(text, "comma" if by_comma else "point")
        # Adding 0.0 turns -0.0 into 0.0, which has one canonical text.
        return float(text.replace(",", ".")) + 0.0

    return one


def _may_be_decimal_comma(text: str, delimiter: str) -> bool:
    """Whether a comma can mark decimals: “1,234” in a comma file is as likely a thousand, “0,012” is none."""
    found = _DECIMAL_COMMA.fullmatch(text)
    return found is not None and (delimiter != "," or len(found[2]) != 3 or found[1].startswith("0"))


def _integer(column: Column) -> OneCell:
    def one(cell: str) -> tuple[int, str] | Fault:
        text = cell.strip()
        found = _INTEGER.fullmatch(text)
        if not found:
            if _NUMBER.fullmatch(text):
                return Fault("not_whole", "The number is not a whole one.", "Write a whole number.")
            return _not_a_number(text)
        if len(found[1]) > 20 or not -(2**63) <= int(found[1]) < 2**63:
            return Fault("out_of_range", "The number is too large.", "Check the export.")
        value = int(found[1])
        return _outside(value, column) or (value, str(value))

    return one


def _not_a_number(text: str, decimals: str = "point") -> Fault:
    """``decimals``: what marks them in this file."""
    if text.startswith(("{", "[")):
        return Fault("wrong_type", "A number was expected, not a list or an object.", "Export one number.")
    return Fault(
        "not_a_number",
        "This is not a plain number.",
        f"Write digits with a {decimals} for decimals, without thousand separators, units or currency."
        + (" Write 0.85 or 85 in place of 85%, the same way in the whole column." if "%" in text else ""),
    )


def _outside(value: float, column: Column) -> Fault | None:
    if value in (float("inf"), float("-inf")):
        return Fault("out_of_range", "The number is too large.", "Check the export.")
    if column.low is not None and value < column.low:
        return Fault("out_of_range", f"The number is below {column.low:g}.", "Check the value and its unit.")
    if column.high is not None and value > column.high:
        return Fault("out_of_range", f"The number is above {column.high:g}.", "Check the value and its unit.")
    return None


def _boolean(column: Column) -> OneCell:
    good = column.name in _TRUE_IS_GOOD
    true, false = (_YES | _RIGHT, _NO | _WRONG) if good else (_YES, _NO)
    words = "true or false, yes or no, 1 or 0" + (", pass or fail, right or wrong" if good else "")
    fault = Fault(
        "unknown_label", "This is neither yes nor no.", f"Write {words}; leave it blank if unknown."
    )

    def one(cell: str) -> tuple[bool, str] | Fault:
        word = cell.strip().rstrip(_AS_A_PICTURE).casefold()
        if word in true:
            return True, "true"
        return (False, "false") if word in false else fault

    return one


def _list(reading: Reading) -> OneCell:
    """A JSON list, or texts with ; or | or line ends between them; one text is a list of one."""
    fault = Fault(
        "bad_list", "This is not a list of texts.", "Write a JSON list, or put ; between the texts."
    )

    def one(cell: str) -> tuple[list[str], str] | Fault:
        if not cell.lstrip().startswith(("[", "{")):
            items = [item.strip() for item in _LIST_ENDS.split(cell)]
        else:
            try:
                read = decode(cell)
            except Faulty:
                return fault
            if not isinstance(read, list) or not all(isinstance(item, str) for item in read):
                return fault
            items = [str(item) for item in read]
        kept = [item for item in (_CONTROL.sub("", item) for item in items) if item]
        return kept, compact(kept)

    return one


def _json(reading: Reading) -> OneCell:
    def one(cell: str) -> tuple[str, str] | Fault:
        try:
            value = _clean(plain(decode(cell), reading.limits.json_depth))
            text = rfc8785.dumps(value).decode()
        except Faulty as fault:
            return Fault(fault.code, fault.reason, fault.fix)
        except rfc8785.CanonicalizationError:
            return Fault("out_of_range", "The JSON holds a number that is too large.", "Shorten the number.")
        return text, text

    return one


def _clean(value: Any) -> Any:
    """``value`` without control characters in its texts."""
    if isinstance(value, str):
        return _CONTROL.sub("", value)
    if isinstance(value, list):
        return [_clean(part) for part in value]
    if isinstance(value, dict):
        return {_CONTROL.sub("", key): _clean(part) for key, part in value.items()}
    return value
