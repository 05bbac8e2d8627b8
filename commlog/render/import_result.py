"""What an import did, as text for people or JSON for programs."""

import json
from typing import Final

from commlog.messages import translate
from commlog.model.incoming import ImportResult
from commlog.render.text import harmless, shorten

_SHOWN: Final = 10
_LONGEST: Final = 160


def format_import_text(result: ImportResult, rejects: str, *, is_dry: bool) -> str:
    """The counts in a line that adds up, then the first rejected rows and where all of them are."""
    words = (
        translate(
            "{rows} rows: {created} would be created, {present} already there, {rejected} rejected; {customers} customers would be new"
        )
        if is_dry
        else (
            translate(
                "{rows} rows: {created} created, {present} already there, {rejected} rejected; {customers} new customers"
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
        lines.append(translate("the rejected rows with their reasons are in {file}").format(file=harmless(rejects)))
    return "\n".join(lines)


def format_import_json(result: ImportResult, rejects: str, *, is_dry: bool) -> str:
    """The counts and the rejected rows with stable keys."""
    return json.dumps(
        {
            "rows": result.rows,
            "created": result.created,
            "present": result.present,
            "rejected": len(result.rejected),
            "customers": result.customers,
            "dry_run": is_dry,
            "rejects_file": rejects or None,
            "rejects": [{"line": item.row.line, "reason": item.reason} for item in result.rejected],
        },
        ensure_ascii=False,
        indent=2,
    )
