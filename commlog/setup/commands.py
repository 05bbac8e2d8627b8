"""The command `commlog doctor`."""

import json
from typing import Any

import typer

from commlog.cli.terminal import command, say, session_of, warn
from commlog.errors import ExitCode
from commlog.messages import mark, translate
from commlog.output.text import harmless
from commlog.setup.doctor import diagnose
from commlog.team.mend_setup import mend_setup


@command(mark("Say what is wrong with this set-up, and what mends it."))
def doctor_command(
    context: typer.Context,
    fix: bool = typer.Option(
        False, "--fix", help=mark("Mend what can be mended without asking: how git merges records.")
    ),
    json_output: bool = typer.Option(False, "--json", help=mark("Answer in JSON.")),
) -> int:
    workspace = session_of(context).workspace
    for message in mend_setup(workspace.log.root) if fix else ():
        warn(translate(message))
    findings = diagnose(workspace)
    rows: list[dict[str, Any]] = [
        {
            "topic": item.topic,
            "good": item.is_good,
            "hint": item.is_hint,
            "message": translate(item.message).format(**dict(item.facts)),
            "remedy": "" if item.is_good and not item.is_hint else translate(item.remedy).format(**dict(item.facts)),
        }
        for item in findings
    ]
    if json_output:
        say(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        lines = []
        for row in rows:
            lines.append(harmless(f"{_sign_of(row)} {row['message']}"))
            if row["remedy"]:
                lines.append(harmless(f"    → {row['remedy']}"))
        say("\n".join(lines))
    return ExitCode.DONE if all(item.is_good for item in findings) else ExitCode.INVALID


def _sign_of(row: dict[str, Any]) -> str:
    return "✗" if not row["good"] else "○" if row["hint"] else "✓"
