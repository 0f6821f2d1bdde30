"""How the audit log tells of conditions of a GO, of questions before one, and of look-backs."""

from core.actions.audit_details import ActionWords, on_day, reason_line
from core.decision.hindsight import HINDSIGHT_WORDS, Hindsight

DECISION_ACTIONS: dict[str, ActionWords] = {
    "condition set": ActionWords(
        "Set a condition of a GO",
        lambda said: f"signed on the condition “{said['words']}”",
        lambda said: [f"{said['owner']} sees to it, to the end of {on_day(said['due'])} (UTC)."],
    ),
    "condition met": ActionWords(
        "Said that a condition of a GO is met",
        lambda said: f"said that the condition “{said['words']}” is met",
        lambda said: [f"Note: {said['note']}"],
    ),
    "condition released": ActionWords(
        "Released a condition of a GO",
        lambda said: f"released the condition “{said['words']}”",
        lambda said: [reason_line(said)],
    ),
    "question asked": ActionWords(
        "Asked a question before signing",
        lambda said: f"asked: “{said['words']}”",
        lambda said: [f"Before: {said['title']}"],
    ),
    "question answered": ActionWords(
        "Answered a question before signing",
        lambda said: f"answered question {said['question']:,}",
        lambda said: [said["answer"]],
    ),
    "step looked back at": ActionWords(
        "Looked back at a step",
        lambda said: (
            f"looked back at a step {said['days']:,} days after it: "
            f"{HINDSIGHT_WORDS[Hindsight(said['hindsight'])]}"
        ),
        lambda said: [f"Step: {said['move']} {said['phase']}", f"Note: {said['note']}" * bool(said["note"])],
    ),
}
"""Every action around a decision, in words."""
