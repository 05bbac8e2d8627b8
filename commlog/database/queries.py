"""What is asked of the index as such: its files, the keys that are missing, the words for choices, how much it holds."""

from typing import NamedTuple

from commlog.database.connection import Index


class RowCounts(NamedTuple):
    """How many files, records, follow-ups and problems the index has, and how many files cannot be read."""

    files: int
    records: int
    follow_ups: int
    problems: int
    unreadable: int


class StoredDate(NamedTuple):
    """A yearly date of a customer, by the number of their row; the date may be sealed."""

    record: int
    kind: str
    date: str
    is_lunar: int
    name: str | None


def count_rows(index: Index) -> RowCounts:
    """How much the index holds."""
    sql = """SELECT (SELECT count(*) FROM files), (SELECT count(*) FROM records), (SELECT count(*) FROM follow_ups),
        (SELECT count(*) FROM problems), (SELECT count(*) FROM files WHERE is_readable = 0)"""
    return index.read(RowCounts, sql)[0]


def file_paths(index: Index, *, is_readable: bool | None = None) -> list[str]:
    """The files below records/, sorted: all, or only those that can or cannot be read as records."""
    kept = "1" if is_readable is None else f"is_readable = {int(is_readable)}"
    return index.texts(f"SELECT path FROM files WHERE {kept} ORDER BY path")


def missing_key_hints(index: Index) -> set[str]:
    """The hints of the keys that sealed values need and that are not here."""
    return set(index.texts("SELECT DISTINCT hint FROM missing_keys"))


def choice_words(index: Index, field: str, language: str) -> dict[str, str]:
    """The words for the slugs of a field, in a language."""
    sql = "SELECT slug, CASE ? WHEN 'zh' THEN zh ELSE en END FROM choices WHERE field = ?"
    return dict(index.rows(sql, (language, field)))


def customer_dates(index: Index) -> list[StoredDate]:
    """The yearly dates of all customers."""
    return index.read(StoredDate, "SELECT record, kind, date, lunar, name FROM customer_dates")
