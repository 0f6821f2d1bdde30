"""What axe finds on a page against WCAG 2.2 A and AA, apart from what is Streamlit's own markup."""

from dataclasses import dataclass
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT


@dataclass(frozen=True)
class Known:
    """A rule that Streamlit itself breaks inside ``selector``, and why we cannot mend it."""

    rule: str
    selector: str
    why: str


KNOWN = (
    Known(
        "list",
        "[data-testid=stSidebarNavItems]",
        "Streamlit puts the names of the menu's sections straight into its list.",
    ),
    Known(
        "listitem",
        "[data-testid=stSidebarNavItems]",
        "Streamlit puts the entries below a section of the menu into no list of their own.",
    ),
    Known(
        "color-contrast",
        "[data-testid=stButtonGroup] [data-selected]",
        "Streamlit writes what is chosen in the colour on which its main buttons have white words; on a dark "
        "page no colour is light enough for the one and dark enough for the other.",
    ),
    Known(
        "color-contrast",
        "button[kind=primary] kbd",
        "Streamlit writes the key of a main button paler than the words beside it; the table of keys, which "
        "opens with K, has it in full.",
    ),
)

_OPTIONS: dict[str, Any] = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    # Not a rule of WCAG's, but how whoever hears a page finds their way on it.
    "rules": {"heading-order": {"enabled": True}},
    "resultTypes": ["violations"],
    "preload": False,
}

_COLOURS: dict[str, Any] = _OPTIONS | {"runOnly": {"type": "rule", "values": ["color-contrast"]}, "rules": {}}
"""A dark page has the markup of the light one."""

_LOOK = """async ([options, known]) => {
    const found = await axe.run(document, options);
    const isKnown = (rule, node) => known.findIndex(one => one.rule === rule
        && document.querySelector(node.target[0])?.closest(one.selector));
    return found.violations.flatMap(rule => rule.nodes.map(node => ({
        known: isKnown(rule.id, node),
        words: `${rule.id}: ${node.target.join(' ')} ${node.html.slice(0, 200)} `
            + [...node.any, ...node.all, ...node.none].map(one => one.message).join('; ').slice(0, 300),
    })));
}"""


def violations(page: Any, *, colours_only: bool = False) -> tuple[list[str], set[Known]]:
    """What is to be mended on the page as it stands, and what was met of the known."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate(_LOOK, [_COLOURS if colours_only else _OPTIONS, [vars(one) for one in KNOWN]])
    ours = [one["words"] for one in found if one["known"] < 0]
    return ours, {KNOWN[one["known"]] for one in found if one["known"] >= 0}
