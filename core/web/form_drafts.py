"""Half-filled forms, kept while people type: they outlive a reload, a closed tab and a restart.

One small file for each person, feature and form, in the home folder of this server. A draft is
nobody's document yet: it is not audited, no other person sees it, and saving the form removes it. It names
its feature, and in ``fields`` the ``run_id`` that it is about, if any: so the erasure of a person finds it.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from core.web.opening import PageContext

_KEPT_DAYS = 30
_LARGEST = 100_000


@dataclass(frozen=True)
class FormDraft:
    """The fields of a form as they were typed, and when they were kept (UTC)."""

    fields: Mapping[str, Any]
    kept_at: datetime


def keep(page: PageContext, form: str, fields: Mapping[str, Any]) -> datetime:
    """Keep ``fields`` (plain values), unless just these are kept already; when they were kept."""
    before = kept(page, form)
    if before is not None and before.fields == json.loads(json.dumps(fields)):
        return before.kept_at
    path = _path(page, form)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Put in place as a whole: whoever closes the browser in between has the one before.
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump({"kept_at": page.now.isoformat(), "feature": page.slug, "fields": dict(fields)}, file)
    Path(name).replace(path)
    return page.now


def kept(page: PageContext, form: str) -> FormDraft | None:
    """The draft of this person for this form; ``None`` where there is none, or none that can be used."""
    path = _path(page, form)
    try:
        if path.stat().st_size > _LARGEST:
            return None
        body = json.loads(path.read_text(encoding="utf-8"))
        kept_at, fields = datetime.fromisoformat(body["kept_at"]).astimezone(UTC), body["fields"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not isinstance(fields, dict):
        return None
    if page.now - kept_at > timedelta(days=_KEPT_DAYS):
        drop(page, form)
        return None
    return FormDraft(fields, kept_at)


def drop(page: PageContext, form: str) -> None:
    """Forget the draft: it was saved, or is not wanted any more."""
    _path(page, form).unlink(missing_ok=True)


def _path(page: PageContext, form: str) -> Path:
    """A name that no text of a person can bend: a digest of who, which feature, which form."""
    who = json.dumps([page.caller.name, page.slug, form])
    return page.workspace.form_drafts / f"{hashlib.sha256(who.encode()).hexdigest()}.json"
