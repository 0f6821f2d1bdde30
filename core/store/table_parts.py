"""What the tables of the records are made of: names, common columns, words that may stand in them."""

from collections.abc import Iterable

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Integer, MetaData, Text

STAKES = ("low", "medium", "high")
DOCUMENT_KINDS = ("scope", "checklist", "plan", "bundle")
ANSWERS = ("yes", "no", "not_applicable")
UPLOAD_KINDS = ("traces", "evals", "labels", "failures", "spans", "scores", "cases")
SEGMENT_KINDS = ("traces", "evals", "spans", "scores", "cases")
VERDICTS = ("go", "not_enough_evidence", "stale", "no_data", "no_go")
ROLES = ("viewer", "reviewer", "pm", "signer", "admin", "auditor")
SIGNED_THINGS = ("commitment", "step")
CHOICES = ("approve", "refuse")
TIERS = ("roll_back", "pause", "blocks", "advisory")
ALARM_ACTS = ("paused", "rolled_back", "nothing")
DELIVERY_STATES = ("waiting", "delivered", "failed")
QUEUES = ("all", "worst", "random", "stratified", "confident_wrong", "judge_disagrees", "second", "settled")
SAMPLINGS = ("complete", "random", "stratified", "worst")
ITEM_STATES = ("waiting", "reviewed", "deferred")
WORD_KINDS = ("type", "cause")
FIX_STATES = ("open", "in_progress", "done")
LOOP_ENDS = ("rubric", "runbook", "eval_case")
CASE_PARTS = ("gold", "adversarial", "regression")
BUNDLE_PARTS = ("model", "prompt", "parser", "retriever", "tools", "policy", "suite", "runbook")
REHEARSED = (*BUNDLE_PARTS, "kill_switch")
SEVERITIES = ("critical", "serious", "minor")
FINDING_STATES = ("open", "closed")
ATTACK_KINDS = ("injection", "jailbreak", "tool_output", "leakage", "spend", "harmful", "other")
HINDSIGHTS = ("right", "wrong", "too_early")
MOVES = ("start", "advance", "pause", "resume", "roll_back", "complete")
UNFINISHED = ("waiting", "reading", "saving")
UPLOAD_STATES = (*UNFINISHED, "done", "failed", "cancelled", "withdrawn")

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by itself only in a column of the type INTEGER, which holds 64 bits there.
MANY = BigInteger().with_variant(Integer(), "sqlite")


def one_of(column: str, words: Iterable[str]) -> CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def feature_id() -> Column[int]:
    return Column("feature_id", Integer, ForeignKey("feature.id"), nullable=False)


def person_id() -> Column[int]:
    return Column("person_id", Integer, ForeignKey("person.id"), nullable=False)


def upload_id(*, primary_key: bool = False) -> Column[str]:
    return Column("upload_id", Text, ForeignKey("upload.id"), nullable=False, primary_key=primary_key)
