"""Personal data and secrets in free text: found by their form, and replaced by tokens that say nothing.

Only what has a form is found: e-mail addresses, phone numbers, card numbers, IBANs, US social security
numbers, IP addresses, keys. Names and addresses have none. Detection is never complete.
"""

import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import AddressValueError, IPv4Address, IPv6Address


class Personal(StrEnum):
    """The kinds that are looked for, by the word that a token begins with."""

    EMAIL = "email"
    PHONE = "phone"
    CARD = "card"
    IBAN = "iban"
    SSN = "ssn"
    IP = "ip"
    KEY = "key"


@dataclass(frozen=True)
class Passage:
    """One finding: ``text[start:end]``. ``normal`` is the same for all spellings of one value."""

    kind: Personal
    start: int
    end: int
    normal: str


_COUNTRIES = (
    "AD AE AL AT AZ BA BE BG BH BI BR BY CH CR CY CZ DE DJ DK DO EE EG ES FI FO FR GB GE GI GL GR GT HR HU IE"
    " IL IQ IS IT JO KW KZ LB LC LI LT LU LV LY MC MD ME MK MR MT NI NL NO OM PK PL PS PT QA RO RS RU SA SC"
    " SE SI SK SM ST SV TL TN TR UA VG XK"
)
_KEY_SIGNS = (
    "sk-", "k_live_", "k_test_", "AKIA", "ASIA", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_",
    "glpat-", "xox", "AIza", "hf_", "npm_", "SG.", "eyJ", "PRIVATE KEY", "hooks.slack.com",
)  # fmt: skip
_GIVEN_SIGNS = ("bearer ", "password", "passwd", "api", "secret", "access")
_NUMBER_WORDS = "tele?(?:ph|f)on|phone|tel|mobil|cell|handy|fax|whatsapp|call|ring|reach"
_LONG_NUMBER = r"[0-9](?:[ ()./\-]{0,2}[0-9]){6}"
_NAMED_NUMBER = rf"(?i:{_NUMBER_WORDS})[^0-9]{{0,24}}{_LONG_NUMBER}"

MAY_HOLD = "|".join(
    [
        "@",
        r"\+[1-9][0-9 ()./\-\x{a0}]{7}",
        r"00[1-9][0-9]{0,2}[ ./\-\x{a0}][0-9(]",
        r"[2-9][0-9]{2}(?:\)[ ]?|[.\-])[2-9][0-9]{2}[.\-][0-9]{4}",
        r"0[1-9][0-9]{1,4}\)?[ /\-][0-9]{3}",
        r"0[1-9](?:(?: [0-9]{2}){4}|(?:\.[0-9]{2}){4}|(?:-[0-9]{2}){4})",
        _NAMED_NUMBER,
        r"[0-9]{3}-[0-9]{2}-[0-9]{4}",
        r"(?i:ssn|social security)",
        r"[2-6][0-9]{12}|[2-6][0-9]{3}[ \-](?:[0-9]{4}[ \-][0-9]{4}[ \-]|[0-9]{6}[ \-])[0-9]",
        rf"(?i:{_COUNTRIES.replace(' ', '|')})[0-9]{{2}}(?:[ \-]?[A-Za-z0-9]){{11}}",
        r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]",
        r"::[0-9A-Fa-f]|[0-9A-Fa-f]::|(?:[0-9A-Fa-f]{1,4}:){5}",
        "|".join(map(re.escape, _KEY_SIGNS)),
        r"(?i:bearer |(?:password|passwd|api[_ \-]?key|secret|access[_ \-]?token)[\"']?[ ]{0,2}[:=])",
    ]
)
"""Every text with a finding matches this, written for RE2: a first look over whole columns of text."""

MAY_MATCH = MAY_HOLD.replace(_NAMED_NUMBER, _LONG_NUMBER)
"""Matches all that ``MAY_HOLD`` does and a little more, in half the time."""

_TOKEN = re.compile(rf"\[(?:{'|'.join(Personal)}) [0-9a-f]{{8}}\]")
_TOKEN_DIGITS = 8

Normal = Callable[[re.Match[str]], tuple[int, int, str] | None]
"""(start, end, normal form) of what a match really holds; None where it is no finding after all."""


def find(text: str) -> list[Passage]:
    """What ``text`` holds, in its order; findings never overlap, and tokens are no findings."""
    rules = _rules_for(text)
    if not rules:
        return []
    taken = [match.span() for match in _TOKEN.finditer(text)]
    found: list[Passage] = []
    for kind, pattern, normal in rules:
        for match in pattern.finditer(text):
            said = normal(match)
            if said is None or any(said[0] < end and start < said[1] for start, end in taken):
                continue
            taken.append(said[:2])
            found.append(Passage(kind, *said))
    return sorted(found, key=lambda passage: passage.start)


def token(passage: Passage, key: str) -> str:
    """What stands instead of a finding: the same for the same value, as long as ``key`` is the same."""
    said = f"{passage.kind}\0{passage.normal}".encode()
    digest = hmac.new(key.encode(), said, hashlib.sha256).hexdigest()
    return f"[{passage.kind} {digest[:_TOKEN_DIGITS]}]"


def replaced(text: str, key: str, passages: list[Passage] | None = None) -> str:
    """``text`` with a token instead of each finding."""
    parts, last = [], 0
    for passage in find(text) if passages is None else passages:
        parts += [text[last : passage.start], token(passage, key)]
        last = passage.end
    return "".join([*parts, text[last:]]) if last else text


# E-mail addresses. What looks like one but is the name of a file (icon@2x.png) or of a repository is none.

_EMAIL = re.compile(
    r"(?<![\w.+%\-])[\w.+%'\-]{1,64}@(?:[^\W_](?:[\w\-]{0,61}[^\W_])?\.){1,8}(?:[^\W\d_]{2,24}|xn--[\w\-]{2,40})(?![\w])"
)
_FILE_ENDINGS = {"png", "jpg", "jpeg", "gif", "svg", "webp", "css", "js", "ts", "json", "py", "git"}


def _email(match: re.Match[str]) -> tuple[int, int, str] | None:
    address = match[0].strip("'").lower()
    if address.rpartition(".")[2] in _FILE_ENDINGS or address.startswith(("git@", "@")):
        return None
    quoted = len(match[0]) - len(match[0].lstrip("'"))
    return match.start() + quoted, match.end(), address


# Secrets.

_KEY = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----|\Z)"
    r"|(?<![\w\-])(?:"
    r"sk-(?=[\w\-]*[0-9])[\w\-]{20,200}"
    r"|[srp]k_(?:live|test)_[A-Za-z0-9]{16,128}"
    r"|A[KS]IA[0-9A-Z]{16}(?![0-9A-Za-z])"
    r"|gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_\w{40,255}|glpat-[\w\-]{20,64}"
    r"|xox[abeoprs]-[A-Za-z0-9\-]{10,255}|AIza[\w\-]{35}|hf_[A-Za-z0-9]{30,64}|npm_[A-Za-z0-9]{36}"
    r"|SG\.[\w\-]{16,32}\.[\w\-]{32,64}"
    r"|eyJ[\w\-]{8,}\.[\w\-]{8,}\.[\w\-]*"
    r")"
    r"|hooks\.slack\.com/services/[\w/]{20,}",
    re.DOTALL,
)
_GIVEN = re.compile(
    r"(?i:\bbearer[ ]+|(?:pass(?:word|wd)|api[_ \-]?key|secret|access[_ \-]?token)[\"']?"
    r"[ ]{0,2}[:=][ ]{0,2}[\"']?)"
    r"(?P<value>[A-Za-z0-9._~+/=!#$%^&*\-]{12,4000})"
)


def _key(match: re.Match[str]) -> tuple[int, int, str]:
    return *match.span(), match[0]


def _given_key(match: re.Match[str]) -> tuple[int, int, str] | None:
    value = match["value"].rstrip(".")
    mixed = any(sign.isdigit() for sign in value) and any(sign.isalpha() for sign in value)
    start = match.start("value")
    return (start, start + len(value), value) if mixed and len(value) >= 12 else None


# Bank accounts and cards: numbers that check themselves.

_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}[0-9]{2}(?:[ \-]?[A-Za-z0-9]){11,40}")
_IBAN_LENGTHS = {
    country: int(length)
    for length, countries in {
        "15": "NO", "16": "BE", "18": "DK FI FO GL NL", "19": "MK SI SK", "20": "AT BA EE KZ LT LU XK",
        "21": "CH CR HR LI LV", "22": "BG BH DE GB GE IE ME RS", "23": "AE GI IL IQ OM TL",
        "24": "AD CZ ES MD PK RO SA SE SK TN VG", "25": "LY PT ST", "26": "IS TR",
        "27": "BI DJ FR GR IT MC MR SM", "28": "AL AZ BY CY DO GT HU LB NI PL SV", "29": "BR EG PS QA UA",
        "30": "JO KW MU", "31": "MT SC", "32": "LC", "33": "RU",
    }.items()
    for country in countries.split()
}  # fmt: skip


def _iban(match: re.Match[str]) -> tuple[int, int, str] | None:
    """The number is as long as its country says; what follows it may be the next word."""
    length = _IBAN_LENGTHS.get(match[0][:2].upper())
    places = [place for place, sign in enumerate(match[0]) if sign.isalnum()]
    if length is None or len(places) < length:
        return None
    end = places[length - 1] + 1
    if match[0][end : end + 1].isalnum():
        return None
    number = re.sub(r"[ \-]", "", match[0][:end]).upper()
    digits = "".join(str(int(sign, 36)) for sign in number[4:] + number[:4])
    return (match.start(), match.start() + end, number) if int(digits) % 97 == 1 else None


_CARD = re.compile(r"(?<![\w.\-+])[2-6](?:[ \-]?[0-9]){12,18}(?![\w]|[.\-][0-9])")
_ISSUERS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|3[47]\d{13}"
    r"|(?:6011|65\d\d|64[4-9]\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}|3(?:0[0-5]|[689]\d)\d{11}|62\d{14,17}"
    r"|(?:50|5[678]|63|67)\d{14}"
)


def _card(match: re.Match[str]) -> tuple[int, int, str] | None:
    number = re.sub(r"[ \-]", "", match[0])
    grouped = re.split(r"[ \-]", match[0])
    # A card is written in one piece, or in the groups in which it is embossed.
    if len(grouped) > 1 and not re.fullmatch(
        "4,4,4,(4|4,[1-3])|4,6,[45]", ",".join(str(len(one)) for one in grouped)
    ):
        return None
    if not _ISSUERS.fullmatch(number) or not _has_check_digit(number):
        return None
    return *match.span(), number


def _has_check_digit(number: str) -> bool:
    """Luhn: from the right every second digit is doubled; the digits of all of it add up to tens."""
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


_SSN = re.compile(
    r"(?<![\w\-.])(?!000|666|9)(?P<a>[0-9]{3})-(?!00)(?P<b>[0-9]{2})-(?!0000)(?P<c>[0-9]{4})(?![\w]|-[0-9])"
    r"|(?i:\b(?:ssn|social security(?: number)?)\b[:# is]{0,6})"
    r"(?P<plain>[0-9]{9}|[0-9]{3} [0-9]{2} [0-9]{4})(?![\w])"
)


def _ssn(match: re.Match[str]) -> tuple[int, int, str]:
    group = "plain" if match["plain"] else 0
    return *match.span(group), re.sub(r"\D", "", match[group])


# Phone numbers: with a country code, in the common local forms, or after a word that announces one.

_GAP = r"[ \xa0./\-]?"
_PHONE = re.compile(
    rf"(?<![\w+\]])\+[1-9][0-9]{{0,2}}{_GAP}(?:\(0?[0-9]{{0,5}}\){_GAP})?[0-9](?:{_GAP}[0-9]){{5,12}}"
    r"(?![\w]|[.\-][0-9])"
    r"|(?<![\w.,+/\-])00[1-9][0-9]{0,2}[ \xa0./\-](?:\(0\))?[0-9](?:[ \xa0./\-]?[0-9]){6,11}(?!\w)"
    r"|(?<![\w.,+/\-])(?:1[ .\-])?(?:\([2-9][0-9]{2}\)[ ]?|[2-9][0-9]{2}[.\-])[2-9][0-9]{2}[.\-][0-9]{4}"
    r"(?![\w]|[.\-][0-9])"
    r"|(?<![\w.,+/:\-])0[1-9](?:(?P<gap>[ .\-])[0-9]{2})(?:(?P=gap)[0-9]{2}){3}(?!\w|[.\-][0-9])"
    r"|(?<![\w.,+/:\-])\(?0[1-9][0-9]{1,4}\)?[ /\-][0-9]{3,8}(?:[ \-][0-9]{2,5}){0,2}(?!\w|[.,:\-/][0-9])"
)
_ANNOUNCED = re.compile(
    r"(?i:\b(?:tele(?:phone|fon)|phone|tel|mobile|mobil|cell|handy|fax|whatsapp|call(?: me| us)?"
    r"|ring me|reach me)\b"
    r"(?: (?:number|no|nr|at|on|is|under))?[.:]{0,2}[ ]?(?:is |at |on )?)"
    r"(?P<number>\(?[0-9](?:[ ()./\-]{0,2}[0-9]){6,14})(?!\w|[.,:\-/][0-9])"
)
_OTHER_NUMBER = re.compile(
    r"(?i:(?:order|invoice|ticket|case|ref(?:erence)?|tracking|parcel|article|item|sku|part|serial|account|customer"
    r"|policy|contract|claim|shipment|booking|batch|id|version)"
    r"(?: (?:number|no|nr|id|is))?)[.:#]{0,2}[ ]?[#]?\Z"
)
_LOOK_BACK = 32


def _phone(match: re.Match[str]) -> tuple[int, int, str] | None:
    digits = re.sub(r"\D", "", match[0])
    before = match.string[max(0, match.start() - _LOOK_BACK) : match.start()]
    international = match[0].startswith("+")
    if not 8 <= len(digits) <= 15 or len(set(digits)) < 3:
        return None
    if not international and _OTHER_NUMBER.search(before):
        return None
    return *match.span(), digits if not digits.startswith("00") else digits[2:]


def _announced(match: re.Match[str]) -> tuple[int, int, str] | None:
    digits = re.sub(r"\D", "", match["number"])
    is_date = re.fullmatch(r"(?:19|20)[0-9]{2}[./\-][0-9]{2}[./\-][0-9]{2}.*", match["number"])
    return None if is_date or not 7 <= len(digits) <= 15 else (*match.span("number"), digits)


# Addresses of machines; those that every machine has for itself are nobody's.

_IPV4 = re.compile(r"(?<![\w.\-])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![\w]|\.[0-9]|-[0-9])")
_IPV6 = re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\w:])")
_IS_VERSION = re.compile(
    r"(?i:\b(?:v|ver|version|release|build|firmware|driver|chrome|update)(?: (?:is|to|number))?)"
    r"[.:/ ]{0,2}\Z|\w/\Z"
)


def _ipv4(match: re.Match[str]) -> tuple[int, int, str] | None:
    try:
        address = IPv4Address(match[0])
    except AddressValueError:
        return None
    before = match.string[max(0, match.start() - _LOOK_BACK) : match.start()]
    nobody = (
        address.is_loopback or address.is_unspecified or address.is_multicast or int(address) >= 2**32 - 1
    )
    return None if nobody or _IS_VERSION.search(before) else (*match.span(), str(address))


def _ipv6(match: re.Match[str]) -> tuple[int, int, str] | None:
    groups = [group for group in match[0].split(":") if group]
    # Words of code such as abc::def are no addresses.
    if len(groups) < 3 or not any(sign.isdigit() for sign in match[0]):
        return None
    try:
        return *match.span(), IPv6Address(match[0]).compressed
    except AddressValueError:
        return None


Rule = tuple[Personal, re.Pattern[str], Normal]

# In the order in which they take their part of a text: what proves itself comes before what looks alike.
_KEYS: list[Rule] = [(Personal.KEY, _KEY, _key)]
_GIVEN_KEYS: list[Rule] = [(Personal.KEY, _GIVEN, _given_key)]
_EMAILS: list[Rule] = [(Personal.EMAIL, _EMAIL, _email)]
_IBANS: list[Rule] = [(Personal.IBAN, _IBAN, _iban)]
_CARDS: list[Rule] = [(Personal.CARD, _CARD, _card)]
_SSNS: list[Rule] = [(Personal.SSN, _SSN, _ssn)]
_PHONES: list[Rule] = [(Personal.PHONE, _PHONE, _phone), (Personal.PHONE, _ANNOUNCED, _announced)]
_IPV4S: list[Rule] = [(Personal.IP, _IPV4, _ipv4)]
_IPV6S: list[Rule] = [(Personal.IP, _IPV6, _ipv6)]

_DIGITS = re.compile(r"[0-9][0-9 \xa0()./\-]{5,}[0-9]")
_DATES = re.compile(
    r"(?<![0-9])(?:(?:19|20)[0-9]{2}([./\-])[0-9]{1,2}\1[0-9]{1,2}|[0-9]{1,2}([./\-])[0-9]{1,2}\2(?:19|20)[0-9]{2})(?![0-9])"
)


def _rules_for(text: str) -> list[Rule]:
    """The rules that may find something: most texts have no such sign, and looking for signs is quick."""
    rules: list[Rule] = []
    if any(sign in text for sign in _KEY_SIGNS):
        rules += _KEYS
    lower = text.lower()
    if any(sign in lower for sign in _GIVEN_SIGNS):
        rules += _GIVEN_KEYS
    if "@" in text:
        rules += _EMAILS
    runs = _DIGITS.findall(text)
    digits = max((sum(map(str.isdigit, _DATES.sub("", run))) for run in runs), default=0)
    if digits >= 7:
        rules += _IBANS + (_CARDS if digits >= 13 else [])
        rules += _SSNS if "ssn" in lower or "social sec" in lower or text.count("-") >= 2 else []
        rules += _PHONES
    if any(run.count(".") >= 3 for run in runs):
        rules += _IPV4S
    if "::" in text or text.count(":") >= 7:
        rules += _IPV6S
    return rules
