"""promptfoo's results as JSON, YAML and XML, and its configuration: one record for each result or test."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from core.errors import UnreadableFile
from core.intake.formats import Format
from core.intake.layouts.layout import Layout, Opened, Record, Records, refused, value_or_none
from core.intake.peek import Peek
from core.intake.report import shown
from core.intake.xml_values import XmlElements
from core.intake.yaml_values import read_yaml

RESULTS = "promptfoo.results"
TESTS = "promptfoo.tests"

_ROWS, _TABLE = "results.results", "results.table.body"
_YAML_BYTES = 16 * 2**20
_BLOCK = 2**18

_YAML_RESULTS = re.compile(
    r"^results:[ \t]*\r?\n(?:[ \t]*(?:#.*)?\r?\n)*[ \t]+(?:version|timestamp|prompts|results|stats):", re.M
)
_YAML_TEST = re.compile(
    r"\s*(?:#.*\s+|---\s+)*-[ \t]+(?:description|vars|assert|metadata|options|threshold):"
)
_YAML_CONFIG = re.compile(r"^tests:", re.M)
_YAML_RUNS = re.compile(r"^(?:providers|prompts|targets):", re.M)
_XML_ROOT = re.compile(r"\s*(?:<\?xml[^>]*\?>\s*)?<promptfoo[\s>]")


def _is_text(beginning: Peek) -> bool:
    return beginning.format is Format.DELIMITED


def _fits_json(beginning: Peek) -> bool:
    return beginning.has(f"{_ROWS}[].success") or beginning.has(
        "results.version", "results.prompts", "results.timestamp"
    )


def _fits_yaml(beginning: Peek) -> bool:
    return _is_text(beginning) and bool(_YAML_RESULTS.search(beginning.text))


def _fits_xml(beginning: Peek) -> bool:
    return _is_text(beginning) and bool(_XML_ROOT.match(beginning.text))


def _fits_yaml_tests(beginning: Peek) -> bool:
    text = beginning.text
    is_config = bool(_YAML_CONFIG.search(text) and _YAML_RUNS.search(text))
    return _is_text(beginning) and (is_config or bool(_YAML_TEST.match(text)))


def _fits_json_config(beginning: Peek) -> bool:
    runs = beginning.has("providers") or beginning.has("prompts") or beginning.has("targets")
    return runs and (beginning.has("tests[].vars") or beginning.has("tests[].assert"))


def _json_results(opened: Opened) -> Records:
    run = _of_run(opened.json().around({_ROWS, _TABLE}))
    for number, raw in enumerate(opened.json().items_at(_ROWS), start=1):
        row = value_or_none(raw)
        yield _record(number, raw if row is None else row, run)


def _yaml_results(opened: Opened) -> Records:
    document = read_yaml(_small_text(opened))
    results = _object(document, "results")
    rows = results.get("results")
    run = _of_run(document if isinstance(document, dict) else {})
    for number, row in enumerate(rows if isinstance(rows, list) else [], start=1):
        yield _record(number, row, run)


def _xml_results(opened: Opened) -> Records:
    # What stands around the rows may follow them, so the document is read twice.
    wanted = ("promptfoo", "results", "results")
    first = XmlElements(wanted)
    for _ in first.read(_blocks(opened)):
        pass
    run = _of_run(_object(first.around, "promptfoo"))
    for number, row in enumerate(XmlElements(wanted).read(_blocks(opened)), start=1):
        yield _record(number, row, run)


def _yaml_tests(opened: Opened) -> Records:
    yield from _tests(read_yaml(_small_text(opened)))


def _json_config(opened: Opened) -> Records:
    yield from _tests(opened.whole())


def _tests(document: Any) -> Records:
    """The tests of a list of them, or of a configuration. Raises UnreadableFile where they are elsewhere."""
    description = None
    if isinstance(document, dict):
        description, document = document.get("description"), document.get("tests")
    tests = document if isinstance(document, list) else [document]
    elsewhere = [one for one in tests if isinstance(one, str)]
    if len(elsewhere) == len(tests):
        named = f": {shown(elsewhere[0])}" if elsewhere else ""
        raise UnreadableFile(
            f"The configuration of promptfoo keeps its tests in another file{named}.",
            mend="Upload that file, or the results of the eval.",
            code="no_rows",
        )
    for number, test in enumerate(tests, start=1):
        yield _record(number, test, {"suite": description} if isinstance(description, str) else {})


def _of_run(document: Mapping[str, Any]) -> dict[str, Any]:
    """What the file says about the whole run, for each of its rows."""
    results, config = _object(document, "results"), _object(document, "config")
    stats = _object(results, "stats")
    tests = config.get("tests")
    return {
        "evalId": document.get("evalId"),
        "timestamp": results.get("timestamp"),
        "stats": {name: stats.get(name) for name in ("successes", "failures", "errors") if name in stats}
        or None,
        "config.tests": tests if isinstance(tests, str) else None,
    }


def _record(number: int, row: Any, run: Mapping[str, Any]) -> Record:
    if not isinstance(row, dict):
        return refused(number, str(row), "The row is no result or test of promptfoo.")
    return number, {**row, **{name: value for name, value in run.items() if value is not None}}


def _object(found: Any, name: str) -> dict[str, Any]:
    inside = found.get(name) if isinstance(found, dict) else None
    return inside if isinstance(inside, dict) else {}


def _small_text(opened: Opened) -> str:
    if opened.path.stat().st_size > _YAML_BYTES:
        raise UnreadableFile(
            f"YAML files can be read up to {_YAML_BYTES // 2**20} MB.",
            mend="Export as JSON: promptfoo export eval <id> -o results.json",
            code="too_big",
        )
    return opened.text()


def _blocks(opened: Opened) -> Iterator[str]:
    source = opened.source()
    # Nothing may stand before the XML declaration.
    yield source.block(_BLOCK).lstrip()
    yield from iter(lambda: source.block(_BLOCK), "")


LAYOUTS = (
    Layout(RESULTS, _fits_json, _json_results),
    Layout(RESULTS, _fits_yaml, _yaml_results),
    Layout(RESULTS, _fits_xml, _xml_results),
    Layout(TESTS, _fits_json_config, _json_config),
    Layout(TESTS, _fits_yaml_tests, _yaml_tests),
)
