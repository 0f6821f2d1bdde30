"""The mapping step on the Evidence page: from the open question over a choice to the report."""

import pytest

from core.actions.importing import run_import, waiting_imports
from core.actions.imports import list_uploads
from core.actions.people import LOCAL_CALLER
from core.errors import QuestionsOpen
from core.store.uploads import Upload

SHEET = (
    "Vorgang;Datum;Nutzer;Frage;Bemerkung\n"
    "V-1;13.02.2026 09:00;N1;Wo bleibt mein Paket?;schnell\n"
    "V-2;14.02.2026 09:00;N2;Wann kommt mein Paket?;langsam\n"
)


@pytest.fixture
def asked(site) -> Upload:
    site.feature("bot")
    site.upload("bot", "auszug.csv", SHEET)
    return newest(site)


def newest(site) -> Upload:
    return list_uploads(site.workspace, LOCAL_CALLER, "bot")[0]


def column(at, upload: Upload, place: int, kind: str = "traces"):
    return at.selectbox(key=f"column_{upload.id}_{kind}_{place}")


def unfold(at, upload: Upload, kind: str = "traces"):
    at.session_state[f"other_columns_{upload.id}_{kind}"] = True
    return at.run()


def import_all(site) -> None:
    for upload_id in waiting_imports(site.workspace):
        run_import(site.workspace, upload_id, lambda: site.now)


def test_the_form_shows_what_each_column_seems_to_be_and_why(site, asked, words) -> None:
    at = site.open("evidence", "bot")
    assert not at.exception
    said = words(at)
    for expected in (
        "This looks like traces",
        "Each row is one run of the AI feature.",
        "V-1 · V-2",
        "“Frage” is a German word for it.",
        "4 of 5 columns will be used",
        "1 more column that will not be used unless you say so",
        "What comes first, the day or the month?",
    ):
        assert expected in said
    assert [column(at, asked, place).value for place in range(4)] == [
        "run_id",
        "started_at",
        "user_id",
        "query",
    ]


def test_choosing_answering_and_importing_leads_to_the_report(site, asked, words) -> None:
    at = unfold(site.open("evidence", "bot"), asked)
    column(at, asked, 4).set_value("task_type").run()
    at.radio(key=f"answer_{asked.id}_date_order").set_value("day_first")
    at.selectbox(key=f"answer_{asked.id}_timezone").set_value("Europe/Berlin")
    at.button(key=f"answer_{asked.id}").click().run()
    assert not at.exception
    import_all(site)
    [done] = [
        upload for upload in list_uploads(site.workspace, LOCAL_CALLER, "bot") if upload.state == "done"
    ]
    assert done.report is not None
    assert {use["header"]: use["canonical"] for use in done.report["columns"]} == {
        "Vorgang": "run_id", "Datum": "started_at", "Nutzer": "user_id", "Frage": "query",
        "Bemerkung": "task_type",
    }  # fmt: skip
    at = site.open("evidence", "bot")
    said = words(at)
    assert "From 13 Feb 2026 to 14 Feb 2026." in said
    # The upload that only asked is folded into the one that was read.
    assert "auszug.csv · 2 rows" in said
    assert "badge[not answered]" not in said
    assert "has a question" not in said


def test_what_was_chosen_stands_there_while_other_questions_are_open(site, asked, words) -> None:
    at = unfold(site.open("evidence", "bot"), asked)
    column(at, asked, 4).set_value("task_type").run()
    at.button(key=f"answer_{asked.id}").click().run()
    with pytest.raises(QuestionsOpen):
        import_all(site)
    [again] = [one for one in list_uploads(site.workspace, LOCAL_CALLER, "bot") if one.id != asked.id]
    at = site.open("evidence", "bot")
    assert not at.exception
    said = words(at)
    assert "What comes first, the day or the month?" in said
    assert "5 of 5 columns will be used, as they were chosen" in said
    assert "“Bemerkung” is task" in said
    at.radio(key=f"answer_{again.id}_date_order").set_value("day_first")
    at.selectbox(key=f"answer_{again.id}_timezone").set_value("Europe/Berlin")
    at.button(key=f"answer_{again.id}").click().run()
    import_all(site)
    assert [one.state for one in list_uploads(site.workspace, LOCAL_CALLER, "bot")].count("done") == 1


def test_a_choice_that_cannot_be_is_told_and_nothing_chosen_is_lost(site, asked, words) -> None:
    at = site.open("evidence", "bot")
    column(at, asked, 2).set_value("query").run()
    assert "The columns “Nutzer” and “Frage” cannot both be query." in words(at)
    at.button(key=f"answer_{asked.id}").click().run()
    assert not at.exception
    assert newest(site).id == asked.id
    assert column(at, asked, 2).value == "query"
    column(at, asked, 2).set_value("user_role").run()
    assert "cannot both" not in words(at)


def test_another_kind_has_other_columns_and_keeps_the_choices_of_the_first(site, asked, words) -> None:
    at = site.open("evidence", "bot")
    column(at, asked, 2).set_value("user_role").run()
    kind = f"mapping_kind_{asked.id}"
    at.segmented_control(key=kind).set_value("failures").run()
    assert not at.exception
    assert "No column is failure_type" in words(at)
    assert "fix: What was done about it." in column(at, asked, 0, "failures").options
    at.segmented_control(key=kind).set_value("traces").run()
    assert column(at, asked, 2).value == "user_role"


def test_very_many_columns_are_folded_and_found_by_name(site, words) -> None:
    site.feature("bot")
    many = [f"field {number}" for number in range(300)]
    header = ";".join(["Vorgang", "Frage", *many])
    row = ";".join(["V-1", "Wo?", *("x" for _ in many)])
    site.upload("bot", "wide.csv", f"{header}\n{row}\n")
    upload = newest(site)
    at = site.open("evidence", "bot")
    assert len(at.selectbox) < 10
    at = unfold(at, upload)
    assert "275 more; type part of a name to see them." in words(at)
    at.text_input(key=f"find_column_{upload.id}_traces").set_value("field 299").run()
    column(at, upload, 301).set_value("channel").run()
    assert "3 of 302 columns will be used" in words(at)


def test_the_columns_of_a_known_file_can_be_checked_first(site, files, words) -> None:
    site.feature("bot")
    at = site.open("evidence", "bot")
    at.file_uploader[0].set_value([("traces.csv", files["traces"].encode(), "text/csv")])
    at.toggle(key="upload_check_columns").set_value(True)
    at.run()
    at.button(key="import").click().run()
    upload_id = newest(site).id
    with pytest.raises(QuestionsOpen, match="Is each column what it seems to be"):
        import_all(site)
    at = site.open("evidence", "bot")
    assert "This is its own name." in words(at)
    assert newest(site).id == upload_id


def test_unused_columns_say_how_to_use_them(site, words) -> None:
    site.feature("bot")
    site.upload("bot", "known.csv", "run_id,query,mood\nr1,q,fine\n")
    assert "Not used: mood. If one of them matters, upload the file again" in words(
        site.open("evidence", "bot")
    )
