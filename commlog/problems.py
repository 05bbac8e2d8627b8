"""What can be wrong with a file, as values: a code, a place, the facts, the words."""

from dataclasses import dataclass
from typing import Final, NamedTuple

from commlog.messages import mark, translate

ERROR: Final = "error"
WARNING: Final = "warning"


class ProblemKind(NamedTuple):
    """The words of one kind of problem, and whether it is an error or a warning.

    `otherwise` is the remedy when a fact that `remedy` names is not known: nothing is near enough to be suggested.
    """

    message: str
    remedy: str = ""
    severity: str = ERROR
    otherwise: str = ""


# One row a problem; the facts named in braces come from where the problem is found.
KINDS: Final[dict[str, ProblemKind]] = {
    # The file as bytes and as YAML.
    "unreadable-file": ProblemKind(
        mark("cannot be read: {reason}"), mark("check that the file exists and may be read")
    ),
    "outside-link": ProblemKind(
        mark("is a symbolic link that leads out of the log, and is not followed"),
        mark("replace the link by the file itself, or remove it"),
    ),
    "bom": ProblemKind(mark("starts with a byte order mark"), mark("save it as UTF-8 without BOM")),
    "utf16": ProblemKind(mark("is UTF-16 text"), mark("save it as UTF-8")),
    "not-utf8": ProblemKind(mark("is not UTF-8 text: byte {value}"), mark("save it as UTF-8 (it may be GBK)")),
    "control-character": ProblemKind(
        mark("contains the control character {value}"), mark("remove it, or write it as an escape in double quotes")
    ),
    "crlf": ProblemKind(mark("has Windows line ends (CR LF)"), mark("convert it to LF, e.g. with dos2unix")),
    "too-large": ProblemKind(
        mark("is too large: {value} bytes, at most {expected}"),
        mark("a record is one conversation; store attachments elsewhere"),
    ),
    "empty-file": ProblemKind(mark("is empty"), mark("delete it, or restore it: git checkout -- {path}")),
    "merge-markers": ProblemKind(
        mark("contains the conflict markers of a merge"),
        mark("keep the lines of one side, or of both, and delete the markers"),
    ),
    "duplicate-key": ProblemKind(
        mark("the key '{value}' occurs twice (first on line {first})"), mark("keep one of them")
    ),
    "key-not-text": ProblemKind(mark("the key {value} is not text"), mark("put it in quotes")),
    "alias": ProblemKind(mark("uses a YAML anchor or alias ({value})"), mark("write the value in full")),
    "unknown-tag": ProblemKind(
        mark("uses the YAML tag {value}"), mark("remove the tag; a record contains plain text, numbers and lists")
    ),
    "too-deep": ProblemKind(
        mark("is nested too deeply (more than {expected} levels)"), mark("no form needs that: check the indentation")
    ),
    "yaml-syntax": ProblemKind(
        mark("is not YAML: {reason}"), mark("check quotes, colons and indentation here and on the line above")
    ),
    "several-documents": ProblemKind(
        mark("contains several YAML documents"), mark("one file is one record: remove the '---' line")
    ),
    "not-a-mapping": ProblemKind(
        mark("is not a mapping of fields to values"), mark("start it with `id:` and `template:`")
    ),
    "cannot-edit": ProblemKind(
        mark("cannot be changed in place without rewriting more than was asked"),
        mark("change it in an editor: commlog edit"),
    ),
    # The record against its template.
    "no-template": ProblemKind(mark("has no template"), mark("add a line `template: …`; known: {expected}")),
    "unknown-template": ProblemKind(
        mark("template: '{value}' is unknown"),
        mark("did you mean '{suggestion}'? known: {expected}"),
        otherwise=mark("use one of: {expected}"),
    ),
    "broken-template": ProblemKind(
        mark("its template '{value}' is broken: {reason}"), mark("run `commlog template list` to see its mistakes")
    ),
    "unknown-field": ProblemKind(
        mark("{field}: there is no such field"),
        mark("did you mean '{suggestion}'? put content that no field covers under `extra:`"),
        otherwise=mark("put content that no field covers under `extra:`"),
    ),
    "missing-field": ProblemKind(mark("{field}: is required"), mark("add it")),
    "missing-choice": ProblemKind(mark("one of {choices} is required"), mark("add at least one of them: {choices}")),
    "wrong-type": ProblemKind(mark("{field}: {value} is not {expected}"), mark("write {expected}")),
    "not-in-list": ProblemKind(
        mark("{field}: '{value}' is not one of the choices"),
        mark("did you mean {suggestion}? choices: {expected}"),
        otherwise=mark("use one of: {expected}"),
    ),
    "wrong-format": ProblemKind(mark("{field}: '{value}' is not {expected}"), mark("write {expected}")),
    "too-long": ProblemKind(mark("{field}: is too long (at most {expected})"), mark("shorten it")),
    "too-short": ProblemKind(mark("{field}: is too short (at least {expected})"), mark("fill it in")),
    "out-of-range": ProblemKind(
        mark("{field}: {value} is out of range ({expected})"), mark("write a number in this range")
    ),
    "blank": ProblemKind(mark("{field}: is blank"), mark("fill it in, or remove the line")),
    "wrong-pattern": ProblemKind(
        mark("{field}: '{value}' has characters or a form that is not allowed here"), mark("expected: {expected}")
    ),
    "const-differs": ProblemKind(mark("{field}: '{value}' should be '{expected}'"), mark("write {expected}")),
    "rule-broken": ProblemKind(mark("{reason}"), mark("fill in what the rule asks for")),
    "schema-violation": ProblemKind(mark("{field}: {reason}"), mark("see the template: commlog template show")),
    "sealed-unreadable": ProblemKind(
        mark("{field}: the sealed value is damaged, and cannot be read with any key"),
        mark("restore the line from an earlier commit: git log -p -- {path}"),
    ),
    "sealed-shut": ProblemKind(
        mark("{field}: is sealed, and nothing can be added to it without a key; nothing was written"),
        mark("set $COMMLOG_AGE_KEY_FILE to your key file, or give the whole value again"),
    ),
    # The record's own times and follow-ups.
    "end-before-start": ProblemKind(mark("ended_at {value} is before started_at {expected}"), mark("check both times")),
    "recorded-before-end": ProblemKind(
        mark("recorded_at {value} is before the conversation's end {expected}"),
        mark("check the times; a record is written afterwards"),
    ),
    "follow-up-number": ProblemKind(
        mark("followups: the number {value} occurs twice"), mark("give the newer one the next free number")
    ),
    "status-without-history": ProblemKind(
        mark("follow-up {value} is {status}, but its history ends with {expected}"),
        mark("change it with commlog start, wait, done, close or reopen"),
        WARNING,
    ),
    "no-due": ProblemKind(
        mark("follow-up {value} has no due time"), mark("run: commlog reschedule {address} --due …"), WARNING
    ),
    "unknown-priority": ProblemKind(
        mark("{field}: '{value}' is not a priority of this log"),
        mark("use one of: {expected}, or add it to commlog.yaml"),
    ),
    "unknown-member": ProblemKind(
        mark("{field}: '{value}' is not a member of this log (records: {count})"),
        mark("add it to `members:` in commlog.yaml, or correct it"),
        WARNING,
    ),
    "expired-answer": ProblemKind(mark("the answer was valid until {value}"), mark("get it approved again"), WARNING),
    # The record against the rest of the log.
    "duplicate-id": ProblemKind(
        mark("the id {value} is also used by {other}"), mark("give one of them another id and file name")
    ),
    "id-differs": ProblemKind(
        mark("id: '{value}' differs from the file's name"), mark("rename the file to {value}.yaml, or correct the id")
    ),
    "misplaced-file": ProblemKind(mark("a {value} belongs under {expected}"), mark("move it there: git mv"), WARNING),
    "unknown-customer": ProblemKind(
        mark("{field}: the customer '{value}' has no file"),
        mark("correct the name (near: {suggestion}), or: commlog customer create"),
        otherwise=mark("correct the name, or: commlog customer create"),
    ),
    "merge-cycle": ProblemKind(
        mark("merged_into forms a cycle: {value}"), mark("the customer to keep must not have `merged_into`")
    ),
    "dangling-link": ProblemKind(
        mark("links: there is no record '{value}'"),
        mark("did you mean {suggestion}? a number of another system starts with `ref:`"),
        otherwise=mark("correct it, or write `ref:` before a number of another system"),
    ),
    "self-link": ProblemKind(mark("links: the record points to itself"), mark("remove the link")),
    "link-cycle": ProblemKind(
        mark("links: the `follows` links form a cycle: {value}"), mark("remove the wrong one: commlog unlink")
    ),
    "link-to-later": ProblemKind(
        mark("links: {value} is later than this record"), mark("a link points to an earlier record"), WARNING
    ),
    "promise-without-follow-up": ProblemKind(
        mark("agreements: something was promised to the customer, but no follow-up ensures it"),
        mark("run: commlog add-follow-up {value} …"),
        WARNING,
    ),
    "unanswered-contact": ProblemKind(
        mark("the customer got in touch; nothing was done or planned, and nobody has contacted them since"),
        mark("record the answer: commlog create … --link {value}:answers, or: commlog add-follow-up {value} …"),
        WARNING,
    ),
    "call-back-not-recorded": ProblemKind(
        mark("{address} promised the customer a contact; it is done, but no contact is recorded since"),
        mark("record it: commlog create … --link {value}:answers; not done yet: commlog reopen {address} --reason …"),
        WARNING,
    ),
    "missing-link": ProblemKind(
        mark("{field}: mentions an earlier contact ('{words}'), but the record is not linked to any"),
        mark("if it is this one: commlog link {value} {suggestion}"),
        WARNING,
    ),
    "issue-without-next-action": ProblemKind(
        mark("the issue is open, but has no pending follow-up"), mark("run: commlog add-follow-up {value} …"), WARNING
    ),
    "low-score-without-follow-up": ProblemKind(
        mark("{field}: the customer is not satisfied ({score}), and nobody follows it up"),
        mark("run: commlog add-follow-up {value} …"),
        WARNING,
    ),
    # The record against the team's own rules.
    "closing-incomplete": ProblemKind(
        mark("follow-up {value} is {status} without {missing}, which this log requires"),
        mark("fill it in: commlog edit"),
    ),
    "outcome-incomplete": ProblemKind(
        mark("the outcome {value} requires {missing} in this log"), mark("fill it in: commlog edit")
    ),
    "personal-number": ProblemKind(
        mark("{field}: contains the number of a {kind}: {value}"),
        mark("remove it, or write it in the field for it; leave at most the last digits in the text"),
    ),
    "recorded-late": ProblemKind(
        mark("recorded_at {value} is later than {expected} after the conversation's end {ended}"),
        mark("record conversations when they end"),
        WARNING,
    ),
    "backdated": ProblemKind(
        mark("recorded_at is {value}, but the record was committed on {committed}, more than {expected} later"),
        mark("correct recorded_at, or sync more often"),
        WARNING,
    ),
    # The log's own files.
    "file-name-not-utf8": ProblemKind(mark("the file's name is not UTF-8 text"), mark("rename it")),
    "stray-file": ProblemKind(
        mark("is not read: the name of a record's file ends with .yaml"),
        mark("rename it, or move it out of records/"),
        WARNING,
    ),
    "template-file-broken": ProblemKind(
        mark("{reason}"), mark("correct the template, or remove it to use the shipped one")
    ),
    "unknown-setting": ProblemKind(mark("{field}: there is no such setting"), mark("did you mean '{suggestion}'?")),
    "bad-setting": ProblemKind(mark("{field}: '{value}' is not {expected}"), mark("write {expected}")),
    "no-working-time": ProblemKind(
        mark("the calendar has no working time"), mark("set working hours for at least one day of the week")
    ),
    "duplicate-member": ProblemKind(
        mark("members: '{value}' occurs twice"), mark("an id or alias may belong to one member only")
    ),
}


# What to do where a rule asks for the field, by the field; elsewhere the rule says enough.
_ASKED_FOR: Final = {
    "followups": mark(
        'give the follow-up: --follow-up "…; owner=…; due=…", or in the file under `followups:` action, owner and due'
    )
}
# Facts that may be sentences of the catalogue.
_WORDED: Final = frozenset({"reason", "expected", "kind"})
# The fact that says how serious a team takes a problem.
_CHOSEN: Final = "severity"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: `code` is a key of KINDS; line and column count from 1, 0 is unknown."""

    code: str
    path: str = ""
    line: int = 0
    column: int = 0
    field: str = ""
    facts: tuple[tuple[str, str], ...] = ()

    @property
    def severity(self) -> str:
        """ERROR or WARNING: what a team set for a rule of its own, else what the kind has."""
        return next((value for name, value in self.facts if name == _CHOSEN), KINDS[self.code].severity)

    @property
    def message(self) -> str:
        """What is wrong, in the language in use."""
        return translate(KINDS[self.code].message).format(**self._words())

    @property
    def remedy(self) -> str:
        """What to do about it, in the language in use."""
        kind = KINDS[self.code]
        words = self._words()
        if self.code == "rule-broken" and self.field in _ASKED_FOR:
            return translate(_ASKED_FOR[self.field])
        try:
            return translate(kind.remedy).format(**words)
        except KeyError:
            return translate(kind.otherwise).format(**words)

    def _words(self) -> dict[str, str]:
        # Facts that are words of ours were marked where they arose; all others come back as they are.
        told = {name: translate(value) if name in _WORDED else value for name, value in self.facts}
        return {"field": self.field, "path": self.path, **told}
