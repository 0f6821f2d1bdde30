"""Which rows each action of the audit log puts in, by the kinds that the records are held against it by."""

from core.store import logged_counts, logged_decisions, logged_drills, logged_evals, logged_failures
from core.store.logged_columns import MOVE_OF

MADE_BY = {
    "feature created": "feature",
    "scope saved": "document",
    "checklist saved": "document",
    "plan saved": "document",
    "bundle saved": "document",
    "checklist locked": "commitment",
    "checklist amended": "commitment",
    "commitment signed": "signature",
    "commitment refused": "signature",
    "step signed": "signature",
    "step refused": "signature",
    "waiver asked": "waiver",
    "early warning tripped": "alarm",
    "override given": "override",
    "legal hold placed": "legal_hold",
    "item answered": "attestation",
    "file attached": "file",
    "import asked": "upload",
    "review opened": "review",
    "review begun": "upload",
    "trace labelled": "label",
    "role given": "role",
    "erasure asked": "erasure",
    "fix saved": "fix",
    "incident reported": "incident",
    "tool list added": "tool_list",
    logged_counts.RECORDED: logged_counts.COUNT,
    **logged_decisions.MADE_BY,
    **logged_drills.MADE_BY,
    **logged_evals.MADE_BY,
    **dict.fromkeys(MOVE_OF, "transition"),
}
"""The kind of the one row that an action puts in."""

SEVERAL = {
    "rollout recorded afterwards": "transition",
    logged_counts.UPLOADED: logged_counts.COUNT,
    **dict.fromkeys(logged_failures.OF_WORDS, logged_failures.WORD),
}
"""The kind of the rows that an action puts in which tells of several at once."""

DAYS_SET = {f"{kept} days set": f"{kept}_days" for kept in ("text", "number", "log", "case")}
"""Which column of a feature an action writes that says how long something is kept."""
