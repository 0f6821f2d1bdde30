"""The words of the Health page, explained where they stand: short, for people who know no statistics."""

import streamlit as st

from core.web.safe import lit

WORDS: dict[str, str] = {
    "Value": "What the rows that were counted say: right answers ÷ answers judged, for example.",
    "Interval": (
        "Where the true value can still lie, given how few cases there are. More cases make it narrower. It "
        "is the thick line in the picture."
    ),
    "n": "How many rows (of an eval set: cases) the number counts.",
    "Worth": (
        "What those rows are worth as independent cases. Twenty traces of one user say less than twenty "
        "users do; at most five of one user count."
    ),
    "Bar": (
        "What the checklist asks for, the upright tick in the picture; the green stretch is its good side. A "
        "number meets its bar only when its whole interval does."
    ),
    "Meets, misses, not settled": (
        "The whole interval is on the good side of the bar; the whole interval is on the bad side; the bar "
        "lies inside the interval, so both are possible."
    ),
    "Source": (
        "Who says so: traces (what was recorded), labels (people who reviewed), evals (your test cases), "
        "users (their own reactions), AI judge (a model's opinion). Sources are never mixed in one number."
    ),
    "Slice": "A part of the evidence, such as the billing questions only.",
    "Protected": (
        "A slice with a bar of its own in the checklist: a good average cannot make up for it when it fails."
    ),
    "Drift": (
        "A number that gets worse from week to week. “Investigate” says that luck alone seldom does this; it "
        "asks for a look and decides nothing."
    ),
    "Release": "Model, prompt, tools and settings as they went out together. A change starts a new one.",
    "p95, median": "95 of 100 (half of the) answers are at least as fast, or as cheap.",
}


def what_words_mean() -> None:
    """All words of the board in one place."""
    with st.popover("What do these words mean?", icon=":material/menu_book:", type="tertiary", key="words"):
        for word, meaning in WORDS.items():
            st.markdown(f"**{lit(word)}**: {lit(meaning)}")
