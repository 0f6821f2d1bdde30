"""People's own text stays text: no markup, icon, link or hidden character comes out of it."""

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.web.safe import JOINER, lit, lit_number, plain, printable, visible

ANY_TEXT = st.text() | st.text(alphabet=string.punctuation + " ab\n\t0w\u202e\u200b")


def shown(markdown: str) -> str:
    """What is left to read once a renderer has removed the backslashes and ignored the joiners."""
    return re.sub(r"\\(.)", r"\1", markdown).replace(JOINER, "")


@given(ANY_TEXT)
def test_every_punctuation_sign_is_escaped_and_the_text_reads_the_same(text: str) -> None:
    markdown = lit(text)
    assert not set(re.sub(r"\\.", "", markdown)) & set(string.punctuation)
    assert shown(markdown) == printable(text)


@given(ANY_TEXT)
def test_numbers_read_the_same_and_are_as_literal(text: str) -> None:
    markdown = lit_number(text)
    assert not set(re.sub(r"\\.", "", markdown)) & set(string.punctuation)
    assert shown(markdown).replace("\u00a0%", " %") == shown(lit(text)).replace("\u00a0%", " %")


def test_a_number_keeps_its_sign_where_the_line_breaks() -> None:
    assert shown(lit_number("1–5 % of users")) == "1–5\u00a0% of users"
    assert f"–{JOINER}5" in lit_number("1–5 % of users")


@given(ANY_TEXT)
def test_nothing_that_a_renderer_joins_is_left_after_unescaping(text: str) -> None:
    seen = re.sub(r"\\(.)", r"\1", lit(text))
    # Icons (:material_check:), emoji (:smile:), bare links, mail addresses, dashes and arrows are made
    # from the text that is left when the backslashes are gone.
    for joined in (r":\w+:", r"\w+://", r"www\.", r"\S@\S", r"--", r"->", r"<-", r">=", r"\$\$"):
        found = re.search(joined, seen, re.IGNORECASE)
        assert found is None or JOINER in found.group(), joined


@given(ANY_TEXT)
def test_it_stays_on_one_line_and_shows_hidden_characters(text: str) -> None:
    assert printable(text).isprintable()
    assert len(printable(text)) == len(text)


@pytest.mark.parametrize(
    ("text", "visible"),
    [
        ("a\nb\tc", "a b c"),
        ("safe\u202egpj.exe", "safe�gpj.exe"),
        ("zero\u200bwidth\u00a0space", "zero�width space"),
        ("bell\x07", "bell�"),
        ("half \ud800", "half �"),
    ],
)
def test_hidden_characters(text: str, visible: str) -> None:
    assert printable(text) == visible


@pytest.mark.parametrize(
    ("text", "shown", "hidden"),
    [
        ("two\nlines\tand a tab", "two\nlines\tand a tab", 0),
        ("Windows\r\nMac\rUnicode\u2028end", "Windows\nMac\nUnicode\nend", 0),
        ("safe\u202egpj.exe", "safe�gpj.exe", 1),
        ("zero\u200bwidth\u2060joined\x07", "zero�width�joined�", 3),
        ("wide\u00a0space\u3000here", "wide space here", 0),
        ("family 👩\u200d👧 and 🏳\ufe0f\u200d🌈", "family 👩\u200d👧 and 🏳\ufe0f\u200d🌈", 0),
        ("a\u200db\u200d", "a�b�", 2),
    ],
)
def test_hidden_characters_are_shown_and_counted_line_by_line(text: str, shown: str, hidden: int) -> None:
    assert visible(text) == (shown, hidden)


@given(ANY_TEXT)
def test_plotly_gets_no_tag_entity_or_formula(text: str) -> None:
    written = plain(text)
    assert not set(written) & set("<>$")
    assert re.fullmatch(r"(?:[^&]|&(?:amp|lt|gt|#36);)*", written)


@given(st.text(min_size=31))
def test_plotly_text_is_cut_at_its_limit(text: str) -> None:
    unescaped = re.sub(r"&(?:amp|lt|gt|#36);", "x", plain(text, 30))
    assert len(unescaped) <= 30
    assert unescaped.endswith("…")
