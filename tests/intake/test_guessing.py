"""What a column seems to be: by its name in four languages, by its values, and never twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.evidence.columns import COLUMNS, TABLE_KINDS, Kind
from core.intake.guessing import Ground, guess_columns, likeliest_kinds
from core.intake.header_words import VOCABULARY


def guessed(kind: Kind, **columns: list[str]) -> dict[str, str]:
    return {guess.header: guess.name for guess in guess_columns(kind, columns) if guess.name}


@pytest.mark.parametrize(
    ("header", "name", "because"),
    [
        ("run_id", "run_id", "This is its own name."),
        ("Trace ID", "run_id", "This is a known spelling of run_id."),
        ("request.user.id", "user_id", "The name ends in “user.id”."),
        ("meta.llm.model_name", "model", "The name ends in “model_name”."),
        ("question.text", "query", "The name contains “question”."),
        ("Customer question (raw)", "query", "The name contains “Customer question”."),
        ("userQuestion_de", "query", "The name contains “user Question”."),
        ("Frage", "query", "“Frage” is a German word for it."),
        ("RÉPONSE", "response", "“RÉPONSE” is a French word for it."),
        ("Duración", "latency_ms", "“Duración” is a Spanish word for it."),
        ("Reaktion", "user_feedback", "“Reaktion” is a German word for it."),
        ("Utterance", "query", "“Utterance” is another word for it."),
        ("Bearbeitungsdauer", "latency_ms", "The name contains “dauer”."),
        ("sesionid", "session_id", "The name is close to “sessionid”."),
        ("usre_id", "user_id", "The name is close to “userid”."),
    ],
)
def test_a_name_says_what_a_column_of_traces_is(header: str, name: str, because: str) -> None:
    [guess] = guess_columns(Kind.TRACES, {header: []})
    assert (guess.name, guess.because) == (name, because)


@pytest.mark.parametrize(
    "header",
    [
        "mood",
        "user.country",
        "expected answer",
        "system prompt",
        "response_id",
        "request_path",
        "Antwort-Art",
        "sort key",
        "Latency (h)",
        "cost_eur",
        "x",
        "日付",
    ],
)
def test_a_name_that_means_something_else_is_not_guessed(header: str) -> None:
    [guess] = guess_columns(Kind.TRACES, {header: []})
    assert guess.name == ""
    assert guess.because


@pytest.mark.parametrize(
    ("cells", "name", "because"),
    [
        (["2026-01-02", "2026-01-03T10:00:00Z"], "started_at", "Every cell is a date or a time."),
        (["03.01.2026", "04.01.2026 10:00"], "started_at", "Every cell is a date or a time."),
        (["accepted", "rejected", "accepted"], "user_feedback", "Its words are those of feedback."),
        (["a-1", "a-2", "a-3"], "run_id", "Every cell is a different id."),
        (["Where is my parcel today?", "When will it come here?"], "query", "Most cells are questions."),
        (
            ["It comes on Monday, and it will be left with the neighbour."],
            "response",
            "The cells are long texts.",
        ),
        (['["search"]', '["search", "answer"]'], "tools_called", "Every cell is a list of texts."),
        (['{"a": 1}'], "scores", "Every cell is an object of several values."),
    ],
)
def test_values_say_what_a_nameless_column_of_traces_is(cells: list[str], name: str, because: str) -> None:
    [guess] = guess_columns(Kind.TRACES, {"column 1": cells})
    assert (guess.name, guess.because, guess.ground) == (name, because, Ground.VALUES)


@pytest.mark.parametrize(
    ("columns", "guess"),
    [
        ({"latency": ["1.2", "12.4", "3.1"]}, {"latency": "latency_s"}),
        ({"latency": ["1200", "900"]}, {"latency": "latency_ms"}),
        ({"latency": []}, {"latency": "latency_ms"}),
        ({"@duration": ["1200000000", "900000000"]}, {"@duration": "latency_ns"}),
        ({"Dauer (s)": ["1.2"]}, {"Dauer (s)": "latency_s"}),
        ({"latency_s": ["1.2"], "mood": ["1"]}, {"latency_s": "latency_s"}),
        # One latency is enough, and its own unit comes first.
        ({"Latency (s)": ["1.2"], "latency": ["1200"]}, {"latency": "latency_ms"}),
        ({"latency_ms": ["1.2"], "Latency (s)": ["1.2"]}, {"latency_ms": "latency_ms"}),
        ({"duration": ["1.2"], "Latency (s)": ["1.2"]}, {"Latency (s)": "latency_s"}),
    ],
)
def test_a_latency_is_proposed_in_the_unit_that_it_seems_to_have(
    columns: dict[str, list[str]], guess: dict[str, str]
) -> None:
    assert guessed(Kind.TRACES, **columns) == guess
    assert guessed(Kind.EVALS, **columns) == guess


def test_amounts_are_no_ids_although_each_is_different() -> None:
    assert guessed(Kind.TRACES, Schaden=["12,50", "13,50", "14.5"]) == {}
    assert guessed(Kind.TRACES, Vorgang=["a-12,50", "13,50", "14.5"]) == {"Vorgang": "run_id"}


def test_values_that_contradict_a_name_take_the_guess_back() -> None:
    assert guessed(Kind.TRACES, **{"date of birth of the answer": ["x"], "Datum": ["soon", "soon"]}) == {
        "date of birth of the answer": "response"
    }
    assert guessed(Kind.TRACES, Rückmeldung=["5 stars", "1 star"]) == {}
    assert guessed(Kind.TRACES, answer_length=["12", "40"]) == {}


def test_the_words_of_a_reaction_bear_its_name_out() -> None:
    cells = ["übernommen", "bearbeitet", "abgelehnt"]
    [guess] = guess_columns(Kind.TRACES, {"Reaktion": cells})
    assert (guess.name, guess.ground is Ground.VALUES) == ("user_feedback", False)


def test_an_own_name_beats_a_spelling_and_a_spelling_beats_a_word() -> None:
    assert guessed(Kind.TRACES, question=[], query=[], Frage=[]) == {"query": "query"}
    assert guessed(Kind.TRACES, Frage=[], question=[]) == {"question": "query"}


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        (["Vorgang", "Frage", "Antwort", "Dauer"], Kind.TRACES),
        (["Testfall", "bestanden", "Antwort"], Kind.EVALS),
        (["Vorgang", "Antwort richtig", "Prüfer"], Kind.LABELS),
        (["Vorgang", "Fehlerart", "Ursache", "Maßnahme"], Kind.FAILURES),
        (["id", "case", "score"], Kind.EVALS),
        (["ticket", "failure category", "root cause", "corrective action"], Kind.FAILURES),
    ],
)
def test_the_likeliest_kind_comes_first(headers: list[str], kind: Kind) -> None:
    order = likeliest_kinds({header: [] for header in headers}, TABLE_KINDS)
    assert order[0] is kind
    assert set(order) == set(TABLE_KINDS)


WORDS = sorted(VOCABULARY) + [
    word for columns in COLUMNS.values() for column in columns for word in column.spellings
]
HEADERS = st.lists(
    st.one_of(
        st.text(max_size=30),
        st.sampled_from(WORDS),
        st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join),
        st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(".".join),
    ),
    unique=True,
    max_size=25,
)
CELLS = st.lists(
    st.one_of(st.none(), st.text(max_size=20), st.sampled_from(["1", "yes", "2026-01-01", "{}", "[]"]))
)


@given(headers=HEADERS, data=st.data(), kind=st.sampled_from(TABLE_KINDS))
def test_any_headers_are_guessed_without_a_fault_and_no_column_twice(
    headers: list[str], data: st.DataObject, kind: Kind
) -> None:
    cells = {header: data.draw(CELLS) for header in headers}
    guesses = guess_columns(kind, cells)
    assert [guess.header for guess in guesses] == headers
    names = [guess.name for guess in guesses if guess.name]
    assert len(set(names)) == len(names)
    assert set(names) <= {column.name for column in COLUMNS[kind]}
    assert all(guess.because.endswith(".") for guess in guesses)
    assert sorted(likeliest_kinds(cells, TABLE_KINDS)) == sorted(TABLE_KINDS)


def test_every_word_of_the_vocabulary_is_of_a_column_that_exists() -> None:
    known = {column.name for columns in COLUMNS.values() for column in columns}
    assert {name for names, _ in VOCABULARY.values() for name in names} <= known
