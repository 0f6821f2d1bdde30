"""What goes wrong as plain JSON: the error, and the questions that a mapping file can answer."""

from dataclasses import asdict
from typing import Any

from core.errors import Question, QuestionsOpen, UserError
from core.intake.feedback import suggested_rule
from core.intake.sources.run_facts import suggested_fact


def questions_as_json(error: UserError) -> list[dict[str, Any]]:
    """The questions that are open, each with what a mapping file would say to answer it; mostly none."""
    return [_question(question) for question in error.questions] if isinstance(error, QuestionsOpen) else []


def _question(question: Question) -> dict[str, Any]:
    told: dict[str, Any] = {
        "key": question.key,
        "sentence": question.sentence,
        "options": dict(question.options),
        "samples": list(question.samples),
    }
    if question.columns:
        told["columns"] = [{**asdict(guess), "samples": list(guess.samples)} for guess in question.columns]
        told["mapping"] = {
            "kind": next(iter(question.options)),
            "columns": {guess.header: guess.guess for guess in question.columns},
        }
    if question.key == "facts":
        told["values"] = {key: list(samples) for key, samples in question.values.items()}
        told["mapping"] = {"facts": {key: suggested_fact(key, one) for key, one in question.values.items()}}
    elif question.key == "feedback":
        rule = suggested_rule(*next(iter(question.values.items())))
        told["values"] = {score: list(values) for score, values in question.values.items()}
        told["mapping"] = {"feedback": rule.model_dump(mode="json", exclude={"passed_over"})}
    return told
