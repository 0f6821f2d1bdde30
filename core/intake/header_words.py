"""The words by which people call the canonical columns: other English ones, German, French, Spanish."""

import re
import unicodedata
from collections.abc import Mapping

from core.evidence.column import fold


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_TIME = ("started_at", "labelled_at", "found_at")
_ID = ("run_id", "case_id")

# Canonical columns: language: words. A word may stand for several columns; a kind has one of them.
_WORDS: tuple[tuple[tuple[str, ...], Mapping[str, str]], ...] = (
    (
        _TIME,
        {
            "English": "created, created on, when, occurred at, sent at, logged at, reviewed on, date time",
            "German": "Datum, Zeit, Zeitpunkt, Zeitstempel, Uhrzeit, Beginn, erstellt am, erstellt",
            "French": "heure, horodatage, créé le, début",
            "Spanish": "fecha, hora, creado el, inicio",
        },
    ),
    (
        _ID,
        {
            "English": "uuid, guid, key, row id, record id, item id, ticket id, ticket, number",
            "German": "Nummer, Kennung, Ticketnummer",
            "French": "identifiant, numéro",
            "Spanish": "identificador, número",
        },
    ),
    (
        ("run_id",),
        {
            "English": "trace, run, interaction id, call id, message id, log id, event id",
            "German": "Lauf, Vorgang, Vorgangsnummer, Anfrage-ID, Anfragenummer, Lauf-ID, Vorgangs-ID",
            "French": "exécution, id de requête",
            "Spanish": "ejecución, id de solicitud",
        },
    ),
    (
        ("case_id",),
        {
            "English": "test name, test case name, scenario, example, sample id, case number, test,"
            " test case id, test case number, case no, tc id",
            "German": "Testfall, Fall, Fallnummer, Testname",
            "French": "cas de test, cas",
            "Spanish": "caso de prueba, caso",
        },
    ),
    (
        ("query",),
        {
            "English": "utterance, user question, user query, user prompt, customer question",
            "German": "Frage, Anfrage, Eingabe",
            "French": "demande, requête",
            "Spanish": "pregunta, consulta",
        },
    ),
    (
        ("response",),
        {
            "English": "assistant message, assistant answer, bot answer, generated text, model answer,"
            " actual, actual answer, actual response, actual result, observed answer",
            "German": "Antwort, Ausgabe",
            "French": "réponse",
            "Spanish": "respuesta",
        },
    ),
    (
        ("latency_ms",),
        {
            "English": "latency, duration, elapsed, elapsed time, runtime, response time, processing time",
            "German": "Dauer, Laufzeit, Antwortzeit, Latenz",
            "French": "durée, latence, temps de réponse",
            "Spanish": "duración, latencia, tiempo de respuesta",
        },
    ),
    (
        ("cost_usd",),
        {
            "English": "price, spend, total price, usd",
            "German": "Kosten, Preis",
            "French": "coût, prix",
            "Spanish": "costo, coste, precio",
        },
    ),
    (
        ("user_id",),
        {
            "English": "customer, client, member, user name, account id, requester",
            "German": "Nutzer, Benutzer, Kunde, Anwender, Kundennummer, Nutzerin, Kundin",
            "French": "utilisateur, client",
            "Spanish": "usuario, cliente",
        },
    ),
    (
        ("session_id",),
        {
            "English": "conversation, chat, chat id, thread, dialogue",
            "German": "Sitzung, Gespräch, Unterhaltung, Dialog",
            "French": "séance, conversation",
            "Spanish": "sesión, conversación",
        },
    ),
    (
        ("task_type",),
        {
            "English": "subject, request type, query type, use case",
            "German": "Kategorie, Thema, Aufgabe, Anliegen",
            "French": "catégorie, sujet, tâche, thème",
            "Spanish": "categoría, tema, tarea",
        },
    ),
    (
        ("user_feedback",),
        {
            "English": "thumbs, thumb, user rating, user reaction, user verdict",
            "German": "Rückmeldung, Nutzerbewertung, Reaktion",
            "French": "retour, avis, réaction",
            "Spanish": "valoración, opinión, reacción",
        },
    ),
    (
        ("tool_selected",),
        {
            "English": "chosen tool, function name",
            "German": "Werkzeug",
            "French": "outil",
            "Spanish": "herramienta",
        },
    ),
    (("model",), {"German": "Modell", "French": "modèle", "Spanish": "modelo"}),
    (("channel",), {"German": "Kanal", "French": "canal", "Spanish": "canal"}),
    (("user_role",), {"German": "Rolle", "French": "rôle", "Spanish": "rol"}),
    (
        ("user_segment",),
        {
            "English": "customer segment, customer group",
            "German": "Nutzergruppe, Kundengruppe, Segment",
            "French": "segment, groupe",
            "Spanish": "segmento, grupo",
        },
    ),
    (
        ("confidence",),
        {"German": "Konfidenz", "French": "confiance", "Spanish": "confianza"},
    ),
    (
        ("escalated",),
        {
            "English": "handed over, transferred, transferred to human",
            "German": "eskaliert, übergeben, weitergeleitet",
            "French": "escaladé, transféré",
            "Spanish": "escalado, transferido",
        },
    ),
    (
        ("error",),
        {
            "English": "error text, failure message",
            "German": "Fehler, Fehlermeldung",
            "French": "erreur, message d'erreur",
            "Spanish": "mensaje de error, fallo",
        },
    ),
    (("input_tokens",), {"English": "input tokens", "German": "Eingabe-Tokens"}),
    (
        ("output_tokens",),
        {"English": "output tokens, response tokens, answer tokens", "German": "Ausgabe-Tokens"},
    ),
    (
        ("passed",),
        {
            "English": "outcome, test result, verdict, successful, status, test status",
            "German": "bestanden, erfolgreich",
            "French": "réussi, succès",
            "Spanish": "aprobado, éxito",
        },
    ),
    (
        ("score",),
        {
            "English": "points, quality",
            "German": "Punkte, Punktzahl, Bewertung",
            "French": "points",
            "Spanish": "puntuación, puntos",
        },
    ),
    (
        ("answer_right",),
        {
            "English": "correctness, answer ok, answer quality, verdict, accurate",
            "German": "richtig, korrekt, Antwort richtig",
            "French": "juste, réponse correcte",
            "Spanish": "correcto, correcta, respuesta correcta",
        },
    ),
    (("tool_right",), {"German": "Werkzeug richtig, Tool richtig", "French": "bon outil"}),
    (
        ("grounded",),
        {"English": "faithful, faithfulness", "German": "belegt", "French": "fondé", "Spanish": "fundado"},
    ),
    (
        ("hallucination",),
        {
            "English": "made up",
            "German": "Halluzination, erfunden",
            "French": "inventé",
            "Spanish": "alucinación",
        },
    ),
    (
        ("failure_type",),
        {
            "English": "failure category, error category, issue type, defect type, problem type",
            "German": "Fehlerart, Fehlertyp, Fehlerkategorie",
            "French": "type d'erreur, type de défaut",
            "Spanish": "tipo de error, tipo de fallo",
        },
    ),
    (("root_cause",), {"German": "Ursache, Fehlerursache", "French": "cause", "Spanish": "causa"}),
    (
        ("fix",),
        {
            "English": "mitigation, action taken, corrective action, resolution",
            "German": "Maßnahme, Lösung, Behebung, Abhilfe",
            "French": "correctif, mesure",
            "Spanish": "solución, arreglo, medida",
        },
    ),
    (
        ("owner",),
        {
            "German": "Verantwortlich, Verantwortlicher, Zuständig",
            "French": "responsable",
            "Spanish": "responsable",
        },
    ),
    (
        ("note",),
        {
            "English": "remark, observation",
            "German": "Bemerkung, Anmerkung, Notiz, Kommentar, Hinweis",
            "French": "commentaire, remarque",
            "Spanish": "comentario, nota, observación",
        },
    ),
    (
        ("reviewer",),
        {
            "English": "rater, assessor, labelled by, judged by",
            "German": "Prüfer, Prüferin, Bewerter, Gutachter, geprüft von",
            "French": "évaluateur, relecteur",
            "Spanish": "revisor, evaluador",
        },
    ),
    (
        ("severity",),
        {"German": "Schwere, Schweregrad", "French": "gravité, sévérité", "Spanish": "gravedad, severidad"},
    ),
    (
        ("corrected_answer",),
        {
            "English": "corrected response, correct answer, ideal answer",
            "German": "korrigierte Antwort, richtige Antwort",
            "French": "réponse corrigée",
            "Spanish": "respuesta corregida",
        },
    ),
    (("sampling",), {"German": "Stichprobe", "French": "échantillon", "Spanish": "muestra"}),
)

TOO_GENERAL = _set(
    "id all up start time name type action reason result right status key number when test run cas caso fall"
    " note nota ok case version role rol plan thread change changed trace release bundle suite task"
    " ticket client conversation points juste mesure medida retour avis hora heure cause segment error"
)
"""Words that say nothing in the middle of a longer name: "sort key" is no id, "run name" no run."""

HOLDS = _set(
    "id nummer kennung number key uuid guid numero identifiant identificador text value content body message"
)
"""The last parts of dotted names that say nothing themselves: “question.text” is the question."""

CHANGES = _set(
    "id ids path url uri type typ art status code version count anzahl length lange size hash language lang"
    " score rating template"
)
"""Last words that make a name one of something else: a "response id" is no response."""

WANTED = _set(
    "expected ideal reference gold golden target truth erwartet erwartete soll attendu attendue esperada"
    " esperado"
)
"""Words that make a name one of what should have come out, not of what did."""

ANOTHERS = _set("system template previous next prior original")
"""Words that make a name one of something else: a system prompt is not what the user asked."""

UNITS: Mapping[str, tuple[str, frozenset[str]]] = {
    "latency_ms": (
        "milliseconds",
        _set(
            "s sec secs second seconds sek sekunde sekunden seconde secondes segundo segundos"
            " min mins minute minutes minuten minuto minutos h hour hours stunden"
        ),
    ),
    "cost_usd": ("US dollars", _set("eur euro euros gbp chf cent cents pence yen jpy €  £")),
}
"""Canonical column -> its own unit, and the words for units that are others."""

SECONDS = _set("s sec secs second seconds sek sekunde sekunden seconde secondes segundo segundos")
"""The words for the one other unit of latencies that is converted where a person says so."""

_CAMEL = re.compile(r"(?<=[a-zß-ÿ0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_APART = re.compile(r"[\W_]+")


def bare(text: str) -> str:
    """``text`` folded and without accents: "Durée" and "duree" agree."""
    apart = unicodedata.normalize("NFKD", fold(text))
    return "".join(one for one in apart if not unicodedata.combining(one))


def words_of(header: str) -> list[str]:
    """The words of a header as they are written: "userQuestion_text" has three."""
    return [word for word in _APART.split(_CAMEL.sub(" ", header)) if word]


def _vocabulary() -> dict[str, tuple[tuple[str, ...], str]]:
    """Bare word -> the columns it may stand for, and its language; the first entry of a word counts,
    later ones add their columns."""
    known: dict[str, tuple[tuple[str, ...], str]] = {}
    for columns, by_language in _WORDS:
        for language, words in by_language.items():
            for word in words.split(", "):
                before, first = known.get(bare(word), ((), language))
                known[bare(word)] = (tuple(dict.fromkeys((*before, *columns))), first)
    return known


VOCABULARY = _vocabulary()
