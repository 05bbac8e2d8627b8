"""Full-text search: records of every kind that hold all the words, with a piece of the text around them."""

from commlog.database.content import SEPARATOR, Content, leaves_of
from commlog.database.query.filter import And, Filter, Or, TextTerm
from commlog.database.query.order import COLUMNS, order_by
from commlog.database.query.select import ListedRows
from commlog.errors import UsageError
from commlog.forms.personal import is_number_of_ours, personal_keys
from commlog.messages import mark
from commlog.output.listing import Listing, mask_listing
from commlog.privacy.rules.masking import HIDDEN, Span, find_personal, splice
from commlog.records.queries import FoundRecord, found_records
from commlog.records.question import condition_of, filter_of
from commlog.records.rules.consistency import fold_text, unfolded
from commlog.workspace import Workspace

# The last field is what the text is found in.
COLUMN_NAMES = FoundRecord._fields[:-1]
SHOWN = ("id", "day", "customer_name", "subject", "text")
_AROUND = 24


def search_records(workspace: Workspace, query: str, sort: str, limit: int, *, reveal: bool = False) -> Listing:
    """Records that match the words (and whatever else the query asks), the newest first; what is shown is masked.

    Personal data is found, and masked unless revealed.

    Raises:
        UsageError: there are no words, or the query is not understood.
    """
    if not query.strip():
        raise UsageError(
            mark("missing argument: the words to search for"),
            remedy=mark("e.g. commlog search 漏水, or: commlog search refund customer:acme"),
        )
    question = filter_of(workspace, query)
    condition = condition_of(workspace, question, ListedRows.RECORDS)
    order = order_by(sort or "-date", COLUMNS[ListedRows.RECORDS], ListedRows.RECORDS)
    rows = found_records(workspace.index, condition, order, limit)
    words = list(_words_in(question))
    rules = workspace.log.settings.mask
    hides = _Hiding(workspace, is_text=rules.text and not reveal, is_marked=not reveal)
    found = tuple(
        row._replace(text=hides.piece_of(row.template, Content(row.text, row.folded), words))[:-1] for row in rows
    )
    listing = Listing(COLUMN_NAMES, found, SHOWN, "id")
    return listing if reveal else mask_listing(listing, rules)


def _words_in(question: Filter) -> list[str]:
    match question:
        case TextTerm(text):
            return [text]
        case And(parts) | Or(parts):
            return [word for part in parts for word in _words_in(part)]
        case _:
            return []


class _Hiding:
    """What a piece of a record's text must not show."""

    def __init__(self, workspace: Workspace, *, is_text: bool, is_marked: bool) -> None:
        self._workspace = workspace
        self._is_text = is_text
        self._is_marked = is_marked
        self._personal: dict[str, frozenset[str]] = {}

    def piece_of(self, template: str, kept: Content, words: list[str]) -> str:
        """The text around the first word that is found, as the file has it."""
        for word in map(fold_text, words):
            place = kept.folded.find(word)
            if place >= 0:
                leaf = list(leaves_of(kept.content))[kept.folded.count(SEPARATOR, 0, place)]
                if self._is_marked and leaf.key in self._keys(template):
                    return HIDDEN
                begin = kept.folded.rfind(SEPARATOR, 0, place) + 1
                start, stop = unfolded(leaf.text, place - begin, place - begin + len(word))
                return self._cut(leaf.key, leaf.text, start, stop - start)
        return ""

    def _cut(self, key: str, value: str, place: int, length: int) -> str:
        """The words around a place of a value; a number or an address is masked whole, however the cut falls."""
        start, stop = max(0, place - _AROUND), min(len(value), place + length + _AROUND)
        spans = find_personal(value) if self._is_text and not is_number_of_ours(key) else []
        for span in spans:
            if span.start < stop and span.end > start:
                start, stop = min(start, span.start), max(stop, span.end)
        inside = [Span(a - start, b - start, shown) for a, b, shown in spans if a < stop and b > start]
        piece = " ".join(splice(value[start:stop], inside).split())
        return f"{'…' if start else ''}{piece}{'…' if stop < len(value) else ''}"

    def _keys(self, template: str) -> frozenset[str]:
        """The keys of a template's personal fields; its file is read once."""
        if template not in self._personal:
            self._personal[template] = personal_keys(self._workspace.catalog.get(template))
        return self._personal[template]
