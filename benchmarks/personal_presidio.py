# ruff: noqa: E501 - Markdown rows
"""Presidio's offline recognisers on the same columns: recall, precision, seconds, memory.

    python -m venv presidio && presidio/bin/pip install presidio-analyzer
    python -m benchmarks.personal --dump COLUMNS.jsonl
    presidio/bin/python benchmarks/personal_presidio.py COLUMNS.jsonl

Presidio gets a blank spaCy pipeline (tokens only: a trained one needs a download) and all recognisers it ships for
English and for the countries. A column counts as found when at least half of up to 100 distinct values hold an entity
with a score of .4 or more; with --header the header words are given as context. DATE_TIME and UUID
are not counted: every date and every key would be personal.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections import Counter
from pathlib import Path
from typing import Any

VALUES = 100


def engine() -> Any:
    """Return an analyser on a blank pipeline."""
    import spacy
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    class Blank(SpacyNlpEngine):
        def __init__(self) -> None:
            super().__init__(models=[{"lang_code": "en", "model_name": "en"}])
            self.nlp = {"en": spacy.blank("en")}

        def load(self) -> None:
            pass

    registry = RecognizerRegistry(supported_languages=["en"])
    registry.load_predefined_recognizers(languages=["en"])
    known = {type(recogniser).__name__ for recogniser in registry.recognizers}
    import presidio_analyzer.predefined_recognizers as all_of_them

    for name in dir(all_of_them):
        made = getattr(all_of_them, name)
        if (
            name.endswith("Recognizer")
            and name not in known
            and name[:2] in ("Us", "Uk", "Es", "It", "Pl", "Nl", "De", "Fr", "Se")
        ):
            try:
                registry.add_recognizer(made(supported_language="en"))
            except TypeError:
                continue
    return AnalyzerEngine(nlp_engine=Blank(), registry=registry, supported_languages=["en"])


def kind_of(analyser: Any, values: list[str], context: list[str]) -> str | None:
    """Return the entity that at least half of the values hold."""
    seen: Counter[str] = Counter()
    for value in values:
        found = {r.entity_type for r in analyser.analyze(str(value)[:200], language="en", context=context or None,
                                                         score_threshold=0.4)}  # fmt: skip
        seen.update(found - {"DATE_TIME", "UUID"})
    entity, count = seen.most_common(1)[0] if seen else ("", 0)
    return entity if count >= 0.5 * len(values) else None


def main() -> None:
    """Print a row per table, and the false columns."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("columns", type=Path)
    parser.add_argument("--header", action="store_true")
    options = parser.parse_args()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    began = time.perf_counter()
    analyser = engine()
    analyser.analyze("warm up", language="en")
    loaded = time.perf_counter() - began
    tables: dict[str, list[tuple[str, str | None, str | None]]] = {}
    began = time.perf_counter()
    for line in options.columns.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        values = list(dict.fromkeys(v for v in record["values"] if v))[:VALUES]
        if not values:
            continue
        context = record["column"].lower().replace("_", " ").split() if options.header else []
        said = kind_of(analyser, values, context)
        tables.setdefault(record["table"], []).append((record["column"], record["truth"], said))
    seconds = time.perf_counter() - began
    print("| table | columns | personal | precision | recall | false |\n|---|---|---|---|---|---|")
    for table, rows in tables.items():
        found = sum(said is not None and truth is not None for _, truth, said in rows)
        wrong = [f"{name}: {said}" for name, truth, said in rows if said is not None and truth is None]
        missed = [name for name, truth, said in rows if said is None and truth is not None]
        print(
            f"| {table} | {len(rows)} | {found + len(missed)} | {found / max(found + len(wrong), 1):.3f} "
            f"| {found / max(found + len(missed), 1):.3f} | missed {', '.join(missed) or '-'}; wrong {', '.join(wrong) or '-'} |"
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    count = sum(map(len, tables.values()))
    print(f"{loaded:.1f} s to start, {seconds / count * 100:.1f} s for 100 columns, {peak - before:.0f} MB more")


if __name__ == "__main__":
    main()
