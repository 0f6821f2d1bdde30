"""Numbers as people type them in forms and sheets: read exactly, or refused; never guessed or rounded."""

import re

from core.errors import InvalidDocument
from core.metrics.catalogue import Metric
from core.units import Unit

_NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)?")
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:[.,'’ \u00a0\u202f][0-9]{3})+")
_UNITS: dict[Unit, dict[str, float]] = {
    Unit.SHARE: {"%": 0.01, "per cent": 0.01, "percent": 0.01},
    Unit.MILLISECONDS: {"ms": 1.0, "s": 1_000.0, "sec": 1_000.0, "second": 1_000.0, "seconds": 1_000.0},
    Unit.USD: {"$": 1.0, "usd": 1.0, "us dollars": 1.0},
    Unit.COUNT: {},
}
_USUAL = {Unit.SHARE: 0.01, Unit.MILLISECONDS: 1_000.0, Unit.USD: 1.0, Unit.COUNT: 1.0}
_EXAMPLES = {Unit.SHARE: "85 %", Unit.MILLISECONDS: "8 s", Unit.USD: "$0.05", Unit.COUNT: "2000"}
_DECIMALS = 9


def read_bar(typed: str, asked: Metric) -> float:
    """The bar in the metric's base unit (share 0-1, ms, US dollars), or :class:`InvalidDocument`.

    Without a unit it is per cent, seconds, dollars or a number. A comma may be the decimal point. What
    could be two numbers is refused: "0,85" may be 85 % or 0.85 %, "1,000" a thousand or one.
    """
    words = " ".join(typed.split())
    example = _EXAMPLES[asked.unit]
    if not words:
        raise InvalidDocument(f"The bar is blank: type it, such as {example}.")
    number, unit = _parted(words, _UNITS[asked.unit])
    if _THOUSANDS.fullmatch(number) and not number.startswith("0"):
        plain = re.sub(r"[^0-9]", "", number)
        raise InvalidDocument(
            f"“{words[:40]}” could be {plain} or a fraction: write {plain}, or fewer digits."
        )
    if not _NUMBER.fullmatch(number):
        raise InvalidDocument(f"“{words[:40]}” is no number: type the bar as {example}.")
    value = float(number.replace(",", "."))
    if asked.unit is Unit.SHARE and unit is None and 0 < value <= 1:
        share = f"{round(value * 100, 7):g}"
        raise InvalidDocument(
            f"“{words[:40]}” could be {share} % or {value:g} %: write {share} for {share} %, "
            f"or {value:g} % with its sign."
        )
    return round(value * (_USUAL[asked.unit] if unit is None else unit), _DECIMALS)


def typed_bar(bar: float, asked: Metric) -> str:
    """``bar`` as one would type it, with its unit: :func:`read_bar` reads exactly this number back."""
    value = f"{round(bar / _USUAL[asked.unit], _DECIMALS):.10g}"
    if re.fullmatch(r"[1-9][0-9]{0,2}\.[0-9]{3}", value):
        # Three digits after the point look like thousands; a nought more does not.
        value += "0"
    match asked.unit:
        case Unit.SHARE:
            return f"{value} %"
        case Unit.MILLISECONDS:
            return f"{value} s"
        case Unit.USD:
            return f"${value}"
        case Unit.COUNT:
            return value


def read_whole(typed: str, what: str, *, most: int, least: int = 0) -> int | None:
    """A whole number, ``None`` where nothing is typed; ``what`` names the field in a refusal."""
    words = typed.strip()
    if not words:
        return None
    if _THOUSANDS.fullmatch(words) and not words.startswith("0"):
        plain = re.sub(r"[^0-9]", "", words)
        raise InvalidDocument(f"{what}: “{words[:40]}” could be {plain} or a fraction; write {plain}.")
    if not re.fullmatch(r"[0-9]{1,12}", words):
        raise InvalidDocument(f"{what}: “{words[:40]}” is no whole number; type one such as 30.")
    number = int(words)
    if not least <= number <= most:
        raise InvalidDocument(f"{what}: {number:,} is not from {least:,} to {most:,}.")
    return number


def _parted(words: str, units: dict[str, float]) -> tuple[str, float | None]:
    """The number in ``words`` and what its unit stands for; ``None`` where none is typed."""
    folded = words.casefold()
    for name, factor in sorted(units.items(), key=lambda one: -len(one[0])):
        if folded.endswith(name):
            return words[: -len(name)].strip(), factor
        if name == "$" and folded.startswith(name):
            return words[len(name) :].strip(), factor
    return words, None
