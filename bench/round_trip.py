"""The round trip of an eval set through the real tools: `python -m bench.round_trip --tools FOLDER`.

An eval set of hostile texts is handed out, run by promptfoo, Inspect and DeepEval as their users would run
it (with a provider that repeats the question, and a judge that always agrees), and their result files are
imported again. It fails unless every case comes back under its id, every question reaches the model byte
for byte, and nothing in a text is run or filled in: neither the value of an environment variable nor the
content of a file may show up in what the tools write, and no program may run.

The tools are installed into FOLDER by their ordinary clients, npm and pip; they weigh more than a gigabyte,
so that this is no part of the tests.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pyarrow.parquet as pq

from bench.watched import ROOT
from core.actions.workspace import open_workspace
from core.evidence.columns import Kind
from core.evidence.eval_case import EvalCase, Part
from core.export.case_formats import FORMATS
from core.store import features, segments

PROMPTFOO = "promptfoo@0.121.20"
PYTHON_TOOLS = ("inspect-ai==0.3.285", "deepeval==4.3.1")
SLUG = "round-trip"
VARIABLE, SECRET, CONTENT = "READYGATE_CANARY", "canary-of-the-environment", "canary-of-a-file"

_HOSTILE = ROOT / "tests" / "export" / "files" / "hostile_strings.json"
_MORE = (
    "{{ env.READYGATE_CANARY }}", "{{ env['READYGATE_CANARY'] | upper }}", "{{env.READYGATE_CANARY}} {",
    "file://CANARY_FILE", " file://CANARY_FILE", "\u00a0file://CANARY_FILE", "file://CANARY_PROGRAM",
    "package:CANARY_PROGRAM:run", "javascript:CANARY_CODE", "python:CANARY_CODE", "fn:CANARY_CODE",
    "{%", "{%{%", "{#", "{{{{{#}}%}", "{{'", "{{ '{' }}", "}}{{", "{file://x}", "not-equals:x", "(0.5):x",
    "30", "true", "null", "~", "0o17", "1e3", "2024-01-01", "[]", "=1+1", "@x", "<b>&amp;</b>",
    "  blanks around  ", "ends with a line end\n", "a\rb\r\nc", "\ttab", "\\n \\{{", "a\u2028b\x85c",
    "😀 Zoë",
)  # fmt: skip
_JUDGE = """const fs = require('fs');
module.exports = class {
  id() { return 'judge'; }
  async callApi(prompt) {
    fs.appendFileSync(JUDGED, JSON.stringify(prompt) + '\\n');
    return { output: JSON.stringify({ pass: true, score: 1, reason: 'agrees' }) };
  }
};
"""


@dataclass(frozen=True)
class Trip:
    """What one way through one tool showed; ``changed`` are the ids of questions that arrived otherwise."""

    tool: str
    cases: int
    matched: int
    changed: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        return self.matched == self.cases and not self.changed


def cases_in(folder: Path) -> list[EvalCase]:
    """Two cases for each hostile text: one asks it, the other holds it in every field beside the question."""
    stated = [*json.loads(_HOSTILE.read_text(encoding="utf-8")), *_MORE]
    code = f"require('fs').writeFileSync('{folder / 'executed'}', '1')"
    found = []
    for number, text in enumerate(stated):
        hostile = text.replace("CANARY_FILE", str(folder / "canary.txt"))
        hostile = hostile.replace("CANARY_PROGRAM", str(folder / "program.js")).replace("CANARY_CODE", code)
        found.append(EvalCase(f"Q-{number:03d}", hostile, ground_truth="nothing"))
        found.append(
            EvalCase(
                f"F-{number:03d}",
                f"Say: {hostile}",
                part=Part.ADVERSARIAL,
                ground_truth=hostile,
                tools_expected=(hostile,),
                expected_behavior=hostile,
                failure_observed=hostile,
                failure_type=hostile,
                source_run_id=hostile,
                task_type=hostile,
                user_segment=hostile,
                tags=(hostile, "hostile"),
            )
        )
    ids = ("id {{ env.READYGATE_CANARY }}", f"file://{folder / 'canary.txt'}", "{{ x }}")
    return [*found, *(EvalCase(one, "q", ground_truth="q") for one in ids)]


def through_promptfoo(tools: Path, folder: Path, cases: Sequence[EvalCase]) -> list[Trip]:
    """The YAML as it is, and the CSV with a prompt and a provider; both results as JSON and as CSV."""
    (folder / "judge.js").write_text(
        _JUDGE.replace("JUDGED", json.dumps(str(folder / "judged.jsonl"))), encoding="utf-8"
    )
    (folder / "prompt.txt").write_text("{{query}}\n", encoding="utf-8")
    promptfoo = str(tools / "node_modules" / ".bin" / "promptfoo")
    ways = {
        "promptfoo": ("-c", "promptfoo.yaml"),
        "promptfoo-csv": ("-p", "prompt.txt", "-r", "echo", "-t", "promptfoo.csv"),
    }
    (folder / "promptfoo.yaml").write_bytes(FORMATS["promptfoo"].write(cases))
    (folder / "promptfoo.csv").write_bytes(FORMATS["promptfoo-csv"].write(cases))
    _tool([promptfoo, "validate", "-c", "promptfoo.yaml"], folder)
    trips = []
    for name, how in ways.items():
        results = [folder / f"{name}-results.{ending}" for ending in ("json", "csv")]
        outputs = [word for result in results for word in ("-o", result.name)]
        judge = ("--grader", f"file://{folder / 'judge.js'}")
        # promptfoo leaves with 100 where a test failed, and with echo most of them do.
        _tool([promptfoo, "eval", *how, *judge, "--no-cache", "--no-table", *outputs], folder, (0, 100))
        answers = {
            _unescaped(one["metadata"]["case_id"]): (one.get("response") or {}).get("output")
            for one in json.loads(results[0].read_text(encoding="utf-8"))["results"]["results"]
        }
        changed = tuple(case.case_id for case in cases if answers.get(case.case_id) != case.query)
        trips += [
            Trip(f"{name} -> {one.suffix[1:]}", len(cases), _matched(folder, one, cases), changed)
            for one in results
        ]
    return trips


def through_python(
    tools: Path, folder: Path, cases: Sequence[EvalCase], name: str, ending: str, answers: str = ""
) -> Trip:
    """Inspect or DeepEval, driven by `bench/run_NAME.py` with the Python that it is installed for."""
    source, results = folder / f"{name}.{ending}", folder / f"{name}-results.json"
    source.write_bytes(FORMATS[name].write(cases))
    told = _tool(
        [str(tools / "python" / "bin" / "python"), str(ROOT / "bench" / f"run_{name}.py"), str(source),
         str(results)], folder)  # fmt: skip
    asked = json.loads(told.strip().splitlines()[-1])
    changed = tuple(case.case_id for case in cases if asked.get(case.case_id) != case.query)
    return Trip(name, len(cases), _matched(folder, results, cases, answers), changed)


def install(tools: Path) -> None:
    """What is missing of the tools."""
    tools.mkdir(parents=True, exist_ok=True)
    if not (tools / "node_modules" / ".bin" / "promptfoo").exists():
        if shutil.which("npm") is None:
            raise SystemExit("npm is not installed: promptfoo needs it.")
        subprocess.run(
            ["npm", "install", "--no-audit", "--no-fund", "--silent", PROMPTFOO], cwd=tools, check=True
        )
    if not (tools / "python" / "bin" / "inspect").exists():
        subprocess.run([sys.executable, "-m", "venv", str(tools / "python")], check=True)
        pip = [str(tools / "python" / "bin" / "pip"), "install", "--quiet", *PYTHON_TOOLS]
        subprocess.run(pip, check=True)


def leaks(folder: Path) -> list[str]:
    """The files in which the variable's value or the file's content stands, and the traces of a program."""
    found = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.name in ("canary.txt", "program.js"):
            continue
        content = path.read_bytes().lower()
        if any(word.encode() in content for word in (SECRET, CONTENT)) or path.name == "executed":
            found.append(str(path.relative_to(folder)))
    return found


def _matched(folder: Path, results: Path, cases: Sequence[EvalCase], answers: str = "") -> int:
    """How many cases have a result, after both went into an installation of their own."""
    home, own = folder / f"home-{results.name}", folder / "own.jsonl"
    own.write_bytes(FORMATS["jsonl"].write(cases))
    (folder / "feature.json").write_text(
        json.dumps({"feature": {"slug": SLUG, "name": "Round trip", "owner": "bench", "stakes": "low"}}),
        encoding="utf-8",
    )
    (folder / "answers.toml").write_text(answers, encoding="utf-8")
    readygate = [sys.executable, "-m", "core.cli"]
    at = ["--home", str(home)]
    _tool([*readygate, "apply", str(folder / "feature.json"), *at], ROOT)
    settled = ["--feature", SLUG, "--suite", "hostile", "--personal-data", "keep", *at]
    _tool([*readygate, "import", str(own), *settled], ROOT)
    mapping = ["--mapping", str(folder / "answers.toml")]
    _tool([*readygate, "import", str(results), *settled, *mapping], ROOT)
    workspace = open_workspace(home)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, SLUG)
        ids = [
            frozenset(
                case_id
                for one in segments.live(connection, feature.id, kind)
                for case_id in pq.read_table(
                    BytesIO(segments.content(connection, one.sha256)), columns=["case_id"]
                )
                .column("case_id")
                .to_pylist()
            )
            for kind in (Kind.CASES, Kind.EVALS)
        ]
    workspace.close()
    shutil.rmtree(home)
    return len(ids[0] & ids[1]) if ids[0] >= ids[1] else 0


def _unescaped(text: str) -> str:
    for sign in ("{", "}", "file://", "package:"):
        text = text.replace(f"{{{{ '{sign}' }}}}", sign)
    return text


def _tool(command: Sequence[str], folder: Path, codes: Sequence[int] = (0,)) -> str:
    """What the program wrote; where it failed, that is the end. The canary stands in its environment."""
    settings = {
        VARIABLE: SECRET,
        "PROMPTFOO_CONFIG_DIR": str(folder / "of-promptfoo"),
        "PROMPTFOO_DISABLE_TELEMETRY": "1",
        "PROMPTFOO_DISABLE_UPDATE": "1",
        "DEEPEVAL_TELEMETRY_OPT_OUT": "YES",
        "READYGATE_DATABASE_URL": "",
    }
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **settings}, capture_output=True, text=True, encoding="utf-8"
    )
    if done.returncode not in codes:
        print(done.stdout[-3000:], done.stderr[-3000:], sep="\n", file=sys.stderr)
        raise SystemExit(f"{Path(command[0]).name} {' '.join(command[1:3])} left with {done.returncode}.")
    if folder != ROOT:
        # What a tool says on the way is looked through for leaks as well.
        with (folder / "said.txt").open("a", encoding="utf-8") as file:
            file.write(done.stdout + done.stderr)
    return done.stdout


def main() -> int:
    about = (
        "Run an eval set of hostile texts through promptfoo, Inspect and DeepEval, and import the results."
    )
    parser = argparse.ArgumentParser(prog="python -m bench.round_trip", description=about)
    parser.add_argument(
        "--tools", type=Path, required=True, metavar="FOLDER", help="where the tools are, or go"
    )
    tools = parser.parse_args().tools.resolve()
    install(tools)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        (folder / "canary.txt").write_text(CONTENT, encoding="utf-8")
        (folder / "program.js").write_text(
            f"require('fs').writeFileSync({json.dumps(str(folder / 'executed'))}, '1');"
            f" module.exports = () => '{CONTENT}';",
            encoding="utf-8",
        )
        cases = cases_in(folder)
        rule = '[pass_rule]\ncolumn = "includes"\nat_least = 1\n'
        trips = [
            *through_promptfoo(tools, folder, cases),
            through_python(tools, folder, cases, "inspect", "jsonl", rule),
            through_python(tools, folder, cases, "deepeval", "json"),
        ]
        found = leaks(folder)
    print(f"{PROMPTFOO}, {', '.join(PYTHON_TOOLS)}")
    for trip in trips:
        changed = f"; changed: {', '.join(trip.changed)}" if trip.changed else "; every question as it was"
        print(f"{trip.tool:<24} {trip.matched} of {trip.cases} cases matched{changed}")
    print(f"Leaked into: {', '.join(found)}" if found else "Nothing was run or filled in.")
    return 0 if all(trip.is_whole for trip in trips) and not found else 1


if __name__ == "__main__":
    raise SystemExit(main())
