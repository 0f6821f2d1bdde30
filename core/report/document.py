"""The report as JSON, for programs: the gate's answer with its evidence, the header, and a fingerprint."""

import json

from core.report.report import Report


def json_bytes(report: Report) -> bytes:
    """``sha256`` is that of the canonical JSON (RFC 8785) of ``body``, so that anybody can take it again."""
    header = report.header
    said = {
        "format": "readygate-report-1",
        "header": {**vars(header), "made_at": header.made_at.isoformat()},
        "body": report.body,
        "sha256": report.sha256,
    }
    return (json.dumps(said, ensure_ascii=False, indent=2) + "\n").encode()
