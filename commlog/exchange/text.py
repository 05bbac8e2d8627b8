"""What an import did, as text for people or JSON for programs."""

import json
from collections.abc import Mapping
from typing import Final

from commlog.exchange.incoming import ImportResult
from commlog.messages import translate
from commlog.output.text import harmless, shorten

_SHOWN: Final = 10
_LONGEST: Final = 160
_LONGEST_WORD: Final = 40


def format_import_text(result: ImportResult, rejects: str, *, is_dry: bool) -> str:
    """The counts in a line that adds up, then the first rejected rows and where all of them are."""
    words = (
        translate(
            "rows: {rows}; would be created: {created}, already present: {present}, rejected: {rejected}; new customers: {customers}"
        )
        if is_dry
        else (
            translate(
                "rows: {rows}; created: {created}, already present: {present}, rejected: {rejected}; new customers: {customers}"
            )
        )
    )
    lines = [
        words.format(
            rows=result.rows,
            created=result.created,
            present=result.present,
            rejected=len(result.rejected),
            customers=result.customers,
        )
    ]
    for item in result.rejected[:_SHOWN]:
        reason = shorten(harmless(item.reason), _LONGEST)
        lines.append("  " + translate("line {line}: {reason}").format(line=item.row.line, reason=reason))
    if len(result.rejected) > _SHOWN:
        lines.append("  " + translate("… and {count} more").format(count=len(result.rejected) - _SHOWN))
    if rejects:
        lines.append(translate("rejected rows and their reasons are in {file}").format(file=harmless(rejects)))
    return "\n".join(lines)


def format_left_out(left_out: Mapping[tuple[str, str], int]) -> str:
    """The words of a file that are in no record, for the map has null for them: each with its field and how often it stood there."""
    parts = [
        translate("{label}: {value}").format(label=field, value=f"{shorten(harmless(word), _LONGEST_WORD)} ({count})")
        for (field, word), count in list(left_out.items())[:_SHOWN]
    ]
    more = len(left_out) - len(parts)
    if more:
        parts.append(translate("… and {count} more").format(count=more))
    return translate("left out, because the map has null for them: {words}").format(words=translate("; ").join(parts))


def format_import_json(
    result: ImportResult, rejects: str, left_out: Mapping[tuple[str, str], int] | None = None, *, is_dry: bool
) -> str:
    """The counts, the words a map left out, if there is one, and the rejected rows with stable keys."""
    words = [{"field": field, "word": word, "rows": rows} for (field, word), rows in (left_out or {}).items()]
    return json.dumps(
        {
            "rows": result.rows,
            "created": result.created,
            "present": result.present,
            "rejected": len(result.rejected),
            "customers": result.customers,
            "dry_run": is_dry,
            **({} if left_out is None else {"left_out": words}),
            "rejects_file": rejects or None,
            "rejects": [{"line": item.row.line, "reason": item.reason} for item in result.rejected],
        },
        ensure_ascii=False,
        indent=2,
    )
