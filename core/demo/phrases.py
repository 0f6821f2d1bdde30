"""The words of a demo run: what the user asked and what the feature answered."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.demo.runs import Choice, Run
from core.demo.stories import Exchange, Number, Story

OPENING_SHARE = 0.55
CLOSING_SHARE = 0.4

_SENTENCE_START = re.compile(r"(?:^|(?<=[.?!] ))[a-z]")


@dataclass(frozen=True)
class Talk:
    """One exchange; ``response`` is None when the run failed, ``right_answer`` is what should come."""

    query: str
    response: str | None
    right_answer: str
    context: str


def talk(story: Story, run: Run, rng: np.random.Generator) -> Talk:
    """The exchange of ``run``; query and answer speak of the same order, parcel or meeting."""
    exchange, values = choose(run.task.exchanges, rng), slots(story, rng)
    right_answer = say(exchange.answers, values, rng)
    about = [run.task.name.replace("_", " "), run.user.segment.replace("_", " ")]
    about += [f"{name} {values[name]}" for name in story.numbers]
    return Talk(
        query=ask(story, exchange.queries, values, rng),
        response=_response(story, run, exchange, right_answer, values, rng),
        right_answer=right_answer,
        context=", ".join(about),
    )


def choose(choices: Sequence[Choice], rng: np.random.Generator) -> Choice:
    """One of ``choices``, each as likely as the others."""
    # int(random * n) because Generator.choice takes some ten times as long for one value.
    return choices[int(rng.random() * len(choices))]


def slots(story: Story, rng: np.random.Generator) -> dict[str, str]:
    """A value for every slot of the story's phrases."""
    words = {name: choose(choices, rng) for name, choices in story.words.items()}
    return words | {name: _number(number, rng) for name, number in story.numbers.items()}


def ask(story: Story, queries: Sequence[str], values: dict[str, str], rng: np.random.Generator) -> str:
    """One of ``queries`` as people write it: with or without a greeting and a closing."""
    query = choose(queries, rng).format_map(values)
    if rng.random() < OPENING_SHARE:
        opening = choose(story.openings, rng)
        # After a comma the sentence goes on in lower case, but for "I", names and order numbers.
        goes_on = opening.endswith(",") and query[1:2].islower()
        query = f"{opening} {query[0].lower() + query[1:] if goes_on else query}"
    if rng.random() < CLOSING_SHARE:
        query = f"{query}{'' if query[-1] in '.?!' else '.'} {choose(story.closings, rng)}"
    return query


def say(phrases: Sequence[str], values: dict[str, str], rng: np.random.Generator) -> str:
    """One of ``phrases`` with its slots filled and every sentence begun with a capital letter."""
    text = choose(phrases, rng).format_map(values)
    return _SENTENCE_START.sub(lambda match: match[0].upper(), text)


def _response(
    story: Story,
    run: Run,
    exchange: Exchange,
    right_answer: str,
    values: dict[str, str],
    rng: np.random.Generator,
) -> str | None:
    if run.answer_right or run.failure is None:
        return right_answer
    match run.failure.effect:
        case "error":
            return None
        case "abstained":
            return say(story.no_answer, values, rng)
        case "invented":
            return say(run.task.invented_answers, values, rng)
        case _:
            return say(exchange.wrong_answers, values, rng)


def _number(number: Number, rng: np.random.Generator) -> str:
    value = number.low + (number.high - number.low) * rng.random()
    return f"{number.prefix}{value:.{number.decimals}f}"
