"""What people asked, were answered and noted, as one caller may see it: masked, as it was, or not at all.

Texts are masked whenever they are shown, also those of features that keep personal data as it is: the
tokens are the ones that an import would have stored.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from core.actions.people import Caller
from core.actions.policy import Act, may
from core.actions.reasons import SHORTEST_REASON, full_reason
from core.actions.token_keys import token_key
from core.actions.workspace import Workspace
from core.evidence.free_text import FREE_TEXT, KEPT_BACK, erased_on, expired_on
from core.intake.redaction import find, replaced
from core.store.features import Feature
from core.store.user_codes import code_of, is_code

LONGEST_MASKED = 200_000
"""So many characters of one text are looked through; what stands behind them is shown to nobody masked."""


class TextsFor:
    """The texts of one feature for one caller; ``masked`` counts what was replaced in those asked for.

    Without :data:`Act.READ_TEXTS` a text becomes :data:`KEPT_BACK`: that there is one may be seen.
    ``as_it_was`` shows everything; whoever asks for that has given a reason before.
    """

    def __init__(self, key: str, *, may_read: bool, as_it_was: bool = False) -> None:
        self._key, self.may_read, self._as_it_was = key, may_read, as_it_was
        self.masked = 0

    def text(self, text: str | None, longest: int | None = None) -> str | None:
        """``text`` (None and blank stay so), masked before it is cut after ``longest`` characters."""
        if not text or expired_on(text) or erased_on(text):
            return text
        if not self.may_read:
            return KEPT_BACK
        shown = text if self._as_it_was else self._masked(text)
        if longest is None or len(shown) <= longest:
            return shown
        return shown[: longest - 1].rstrip() + "…"

    def user(self, user_id: str | None) -> str | None:
        """A user id, as the code that stands for it where the caller sees numbers only."""
        if self.may_read or user_id is None or is_code(user_id):
            return user_id
        return code_of(user_id, self._key)

    def cells(self, cells: Mapping[str, Any]) -> dict[str, Any]:
        """A row with those of its columns that hold free text as the caller may see them."""
        return {name: self.text(cell) if name in FREE_TEXT else cell for name, cell in cells.items()}

    def list_of(self, texts: Sequence[str]) -> list[str]:
        return [self.text(text) or "" for text in texts]

    def _masked(self, text: str) -> str:
        head = text[:LONGEST_MASKED]
        passages = find(head)
        self.masked += len(passages)
        rest = f"… [{len(text) - len(head):,} more characters]" if len(head) < len(text) else ""
        return replaced(head, self._key, passages) + rest


def texts_for(workspace: Workspace, caller: Caller, feature: Feature, *, as_it_was: bool = False) -> TextsFor:
    """The texts of a feature as ``caller`` may see them now."""
    may_read = may(workspace, caller, Act.READ_TEXTS, feature.slug)
    return TextsFor(token_key(workspace.home, feature.id), may_read=may_read, as_it_was=as_it_was)


def reason_to_reveal(reason: str) -> str:
    """The reason as it is kept; raises WrongUsage where it says too little."""
    return full_reason(
        reason,
        "Seeing personal data as it was takes a reason.",
        f"Say in at least {SHORTEST_REASON} characters what you need it for; the log keeps it.",
    )
