"""What a person gets who asks what is held on them: one JSON document, and the same for reading."""

import json
from collections.abc import Callable

from commlog.forms.catalog import Template
from commlog.messages import translate
from commlog.records.text import format_record
from commlog.values import Fields, Record

FindTemplate = Callable[[str], Template]


def format_dossier_json(document: Fields, notes: Fields) -> str:
    """The document with what was included and what not."""
    return json.dumps({**document, **notes}, ensure_ascii=False, indent=2) + "\n"


def format_dossier_text(records: tuple[Record, ...], notes: Fields, find_template: FindTemplate) -> str:
    """Every record in full under its labels, the profile first; before them what is here and what not."""
    lines = [translate("Included:"), f"  {notes['included']}", translate("Not included:")]
    lines += [f"  {note}" for note in notes["not_included"]]
    blocks = [format_record(one, find_template(one.template), "text") for one in records]
    rule = "\n\n" + "─" * 40 + "\n\n"
    return rule.join(("\n".join(lines), *blocks)) + "\n"
