"""Public frameworks as tags: which parts they have, so that the items of a checklist can name them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Framework:
    """One framework; ``parts`` are its parts by the tag that an item carries ("nist:measure")."""

    id: str
    name: str
    about: str
    parts: dict[str, str]


FRAMEWORKS: tuple[Framework, ...] = (
    Framework(
        "nist",
        "NIST AI RMF",
        "The four functions of the AI Risk Management Framework 1.0.",
        {
            "nist:govern": "Govern: who answers for it, by which rules",
            "nist:map": "Map: where it is used, by whom, with which risks",
            "nist:measure": "Measure: tested, watched and recorded",
            "nist:manage": "Manage: risks are treated, incidents handled",
        },
    ),
    Framework(
        "owasp",
        "OWASP LLM Top 10",
        "The ten risks of applications with language models, edition 2025.",
        {
            "owasp:llm01": "LLM01 Prompt injection",
            "owasp:llm02": "LLM02 Sensitive information disclosure",
            "owasp:llm03": "LLM03 Supply chain",
            "owasp:llm04": "LLM04 Data and model poisoning",
            "owasp:llm05": "LLM05 Improper output handling",
            "owasp:llm06": "LLM06 Excessive agency",
            "owasp:llm07": "LLM07 System prompt leakage",
            "owasp:llm08": "LLM08 Vector and embedding weaknesses",
            "owasp:llm09": "LLM09 Misinformation",
            "owasp:llm10": "LLM10 Unbounded consumption",
        },
    ),
    Framework(
        "eu",
        "EU AI Act",
        "Articles of Regulation (EU) 2024/1689 that ask for something one can show. No legal advice.",
        {
            "eu:9": "Article 9: risk management",
            "eu:10": "Article 10: data and its governance",
            "eu:11": "Article 11: technical documentation",
            "eu:12": "Article 12: record-keeping",
            "eu:13": "Article 13: information for those who use it",
            "eu:14": "Article 14: human oversight",
            "eu:15": "Article 15: accuracy, robustness, cybersecurity",
            "eu:26": "Article 26: duties of deployers",
            "eu:50": "Article 50: people know that it is an AI",
            "eu:72": "Article 72: monitoring after launch",
            "eu:73": "Article 73: reporting serious incidents",
        },
    ),
)

TAGS: dict[str, str] = {tag: words for one in FRAMEWORKS for tag, words in one.parts.items()}
"""Every tag with its words."""

_OF_EVERY_MEASURE = ("nist:measure", "eu:15")
_OF_METRICS = {
    "hallucination": ("owasp:llm09",),
    "groundedness": ("owasp:llm09",),
    "citation": ("owasp:llm09",),
    "schema": ("owasp:llm05",),
    "cost": ("owasp:llm10",),
    "tokens": ("owasp:llm10",),
}
"""By the beginning of the metric's id."""


def tags_of_metric(metric_id: str) -> tuple[str, ...]:
    """What a measured item speaks to by what it measures, without anybody tagging it."""
    own = next((tags for start, tags in _OF_METRICS.items() if metric_id.startswith(start)), ())
    return (*_OF_EVERY_MEASURE, *own)
