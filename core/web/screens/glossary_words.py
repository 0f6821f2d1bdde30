"""The words of the app, each explained in a sentence or two: what the Glossary page shows."""

from dataclasses import dataclass

from core.metrics.catalogue import CATALOGUE, Better, Metric
from core.metrics.measurement import SOURCE_WORDS
from core.rollout.lint import RULES
from core.rollout.rule import Rule
from core.web.screens.role_words import ROLES, may_words
from core.web.wording import TIERS, VERDICTS


@dataclass(frozen=True)
class Entry:
    """One word: ``anchor`` is its place on the page, ``meaning`` plain text, ``more`` what stands below."""

    word: str
    anchor: str
    meaning: str
    more: tuple[str, ...] = ()

    def says(self, looked_for: str) -> bool:
        """Whether each of the words looked for comes up in it."""
        text = " ".join((self.word, self.meaning, *self.more)).casefold()
        return all(part in text for part in looked_for.casefold().split())


_WORDS = {
    "Feature": "One AI feature that is being rolled out. It has an owner, and stakes.",
    "Stakes": "How much is lost when the feature is wrong: low, medium or high. They set how strong the "
    "evidence must be, and the least that every checklist keeps.",
    "Scope": "The six visible decisions that a rollout rests on, with owners, first users and worst case.",
    "Checklist": "The definition of ready: what must hold before more users get the feature.",
    "Item": "One row of the checklist. It is measured (evidence decides) or attested (a person answers).",
    "Criterion": "A measured item: a metric, where it is measured from, and the bar that it must meet.",
    "Attested item": "A question that a person answers with yes or no, a reason and a link. Its answer stops "
    "to count after the days that the item names.",
    "Bar": "The number that a measured item must be above (or below), such as 90 %.",
    "Tier": "What a failing item does. "
    + " ".join(f"{words.word}: {words.meaning}" for words in TIERS.values()),
    "The least": "What every checklist keeps, however little is at stake: representative examples, words for "
    "“I don't know”, one safe way back. Higher stakes keep more.",
    "Protected": "Said of an item about one part of the traffic: a good average cannot make up for it.",
    "Commitment": "A locked version of the checklist. From then on only newer evidence counts, and no bar "
    "moves unseen.",
    "Amendment": "A later change of something locked. It needs a reason and stays visible for ever.",
    "Waiver": "An item set aside by another person until a date, with a reason.",
    "Phase plan": "The steps of the rollout, from a few users to everyone.",
    "Phase": "One step of the rollout: who gets the feature, and what keeps them safe meanwhile.",
    "Guardrail": "What keeps users safe while the feature is young: a confidence threshold with a fallback, "
    "human review, a rate limit, a limited segment, feedback, monitoring.",
    "Protective mechanisms": "Five guardrails that can be counted: confidence threshold, users review the "
    "answers, experts review a sample, limited segment, rate limit.",
    "Early warning": "A criterion that is watched all the time; when it trips, its tier acts at once.",
    "Rollout state": "Not started, running, paused, rolled back or complete. It follows from what was done.",
    "Trace": "One run of the feature for one request of a user. A span is a step in it.",
    "Label": "A person's judgement of a trace. A judge's label is that of an AI; feedback is the user's own.",
    "Failure": "Something that went wrong, with its type (what kind), its root cause (why) and its fix.",
    "Eval case": "A test with a known right answer, mostly made from a failure. Many are an eval set.",
    "Age limit": "For how long a feature keeps texts, numbers, eval cases made from traces, and what the log "
    "says. What a verdict counts or a locked set holds stays longer.",
    "Held out": "Said of test cases that nobody used while building: only they show what is really so.",
    "Release bundle": "The eight parts that ship together: model, prompt, parser, retriever, tools, "
    "guardrails, evals, runbook. Its name is the one that traces and eval results carry.",
    "Live release": "The release bundle that the users have. Evidence of another release counts only for "
    "what depends on no part that differs; the rest is stale.",
    "Way back": "How one part of a release is taken back when it does harm: how, by whom, in how many "
    "minutes. A drill shows that it works.",
    "Measurement": "A value with its interval, its n, its source and its window; or the reason why there is "
    "none.",
    "Interval": "The range in which the true value probably lies. Few cases make it wide.",
    "n": "How many cases a number rests on. Cases of one user are alike, so they are worth fewer.",
    "Verdict": "What follows from the evidence: "
    + "; ".join(f"{words.word}: {words.meaning.rstrip('.')}" for words in VERDICTS.values())
    + ".",
    "Decision": "What a person decides and signs. It cites a verdict, or overrides it with a reason.",
    "Draft": "A checklist that is not locked. What it says is no verdict yet.",
    "Role": "What somebody may do, for one feature or for all of them. A person may hold several; an "
    "administrator gives them on the Settings page.",
    "Not measured": "There is no evidence that could answer. It never counts as zero, and never as a pass.",
}


def words() -> tuple[Entry, ...]:
    """The words of the app, by name."""
    entries = [Entry(word, f"word-{_slug(word)}", said) for word, said in _WORDS.items()]
    entries += [
        Entry(f"Role: {role}", f"word-role-{role}", said, (may_words([role]),))
        for role, said in ROLES.items()
    ]
    return tuple(sorted(entries, key=lambda entry: entry.word.casefold()))


def metrics() -> tuple[Entry, ...]:
    """The metrics of the catalogue, in its order: what each counts, and from where."""
    return tuple(_of_metric(asked) for asked in CATALOGUE.values())


def plan_rules() -> tuple[Entry, ...]:
    """The rules for phase plans, in their order."""
    return tuple(_of_rule(rule) for rule in RULES)


def _of_metric(asked: Metric) -> Entry:
    better = "Higher is better." if asked.better is Better.HIGHER else "Lower is better."
    counted = tuple(
        f"From {SOURCE_WORDS[reading.source]}: {reading.denominator}"
        for reading in asked.readings
        if reading.denominator
    )
    return Entry(asked.label, f"metric-{_slug(asked.id)}", f"{asked.sentence} {better}", counted)


def _of_rule(rule: Rule) -> Entry:
    blocks = f"Blocks from {rule.blocks_from} stakes on." if rule.blocks_from else "Advises, never blocks."
    return Entry(rule.title, f"rule-{_slug(rule.id)}", f"{rule.why} {blocks}", (f"To mend it: {rule.mend}",))


def _slug(name: str) -> str:
    return "-".join(name.lower().replace("_", " ").split())
