"""Evidence that should not count after all: an upload is set aside, with a reason."""

from datetime import datetime

from core.actions.early_warnings import act_on, noticed
from core.actions.people import Caller
from core.actions.policy import Act, require_for_upload
from core.actions.verdicts import note_verdict
from core.actions.workspace import Workspace
from core.errors import WrongUsage
from core.store import audit, features, uploads


def withdraw_upload(workspace: Workspace, caller: Caller, now: datetime, upload_id: str, reason: str) -> None:
    """Set a finished upload aside: it stays listed with the reason, but counts nowhere."""
    slug = require_for_upload(workspace, caller, Act.WITHDRAW_UPLOAD, upload_id)
    if not reason.strip():
        raise WrongUsage("Withdrawing evidence needs a reason.", mend="Say why it should not count.")
    with workspace.database.writing() as connection:
        upload = uploads.by_id(connection, upload_id)
        uploads.withdraw(connection, upload_id, by=caller.name, reason=reason.strip(), now=now)
        features.bump_evidence_version(connection, upload.feature_id)
        feature = features.by_id(connection, upload.feature_id)
        # Good cases may go, and what is left may trip. Before the audit row, as when evidence comes in.
        tripped = noticed(workspace, connection, feature, now)
        audit.append(
            connection,
            actor=caller.name,
            action="upload withdrawn",
            subject=f"upload/{upload_id}",
            payload={"file": upload.file_name, "reason": reason.strip()},
            now=now,
        )
        act_on(connection, feature, tripped, None, now)
    note_verdict(workspace, now, slug)
