"""The release bundle: the eight parts that ship together, written by people, checked on entry."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from core.criteria.checklist import explain
from core.errors import InvalidDocument
from core.evidence.bundle_parts import BundlePart
from core.evidence.fingerprints import of_document

LONGEST_TEXT = 200_000
"""How many characters of a prompt, manifest or settings file are kept, to show what changed in it."""

_Line = Annotated[str, Field(max_length=200)]


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class WayBack(_Written):
    """How one part is taken back alone: in words, by whom, and in how many minutes at most."""

    alone: bool = True
    how: Annotated[str, Field(max_length=2_000)] = ""
    who: _Line = ""
    minutes: Annotated[int, Field(ge=1, le=10_080)] | None = None


class PartVersion(_Written):
    """One part as it ships. ``version`` is its name ("v14", a model snapshot), ``text`` its contents where
    somebody typed or uploaded them, ``sha256`` the hash of contents that are kept elsewhere.
    """

    version: _Line = ""
    link: Annotated[str, Field(max_length=1_000)] = ""
    text: Annotated[str, Field(max_length=LONGEST_TEXT)] = ""
    sha256: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""
    way_back: WayBack = WayBack()

    @property
    def is_known(self) -> bool:
        return bool(self.version or self.text or self.sha256)

    @property
    def fingerprint(self) -> str:
        """What makes this part another one: its version and its contents, not its link or its way back."""
        contents = of_document(self.text) if self.text else self.sha256
        return of_document([self.version, contents])


class ReleaseBundle(_Written):
    """What ships together under one name: the name is the one that traces and eval results carry.

    A part that is not written down is unknown, and so is whether it changed.
    """

    name: Annotated[str, Field(min_length=1, max_length=120)]
    note: Annotated[str, Field(max_length=2_000)] = ""
    parts: Mapping[BundlePart, PartVersion] = {}
    rehearsal_days: Annotated[int, Field(ge=1, le=365)] = 30

    @model_validator(mode="after")
    def _has_a_part(self) -> "ReleaseBundle":
        if not any(part.is_known for part in self.parts.values()):
            raise ValueError("say the version of one part at least")
        return self

    def part(self, part: BundlePart) -> PartVersion:
        return self.parts.get(part, PartVersion())

    @property
    def sha256(self) -> str:
        """The fingerprint of the eight parts together; links, notes and ways back are no part of it."""
        return of_document({part.value: self.part(part).fingerprint for part in BundlePart})


def without_texts(bundle: ReleaseBundle) -> ReleaseBundle:
    """The same bundle with the hash of each text in its place: every fingerprint stays what it was."""
    parts = {
        name: part.model_copy(update={"text": "", "sha256": of_document(part.text)}) if part.text else part
        for name, part in bundle.parts.items()
    }
    return bundle.model_copy(update={"parts": parts})


def changed_parts(before: ReleaseBundle, after: ReleaseBundle) -> tuple[BundlePart, ...]:
    """The parts that are not the same in both, in the order of the parts."""
    return tuple(part for part in BundlePart if before.part(part).fingerprint != after.part(part).fingerprint)


def read_bundle(body: Any) -> ReleaseBundle:
    """The bundle in ``body`` (from a form, a file or the store), or :class:`InvalidDocument`."""
    try:
        return ReleaseBundle.model_validate(body)
    except ValidationError as error:
        raise InvalidDocument(f"The release bundle cannot be used: {explain(error)}") from error
