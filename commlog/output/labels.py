"""The words people see for columns and slugs, from the templates and the message catalogue."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from commlog.messages import mark, translate
from commlog.values import Data

# Columns that are no field of a form, or whose form label would be too long for a heading.
COLUMN_LABELS: Final[Mapping[str, str]] = {
    "id": mark("Record"),
    "address": mark("Follow-up"),
    "n": mark("No."),
    "due": mark("Due"),
    "late": mark("Late"),
    "status": mark("Status"),
    "priority": mark("Priority"),
    "owner": mark("Owner"),
    "action": mark("Action"),
    "customer": mark("Customer"),
    "customer_name": mark("Customer"),
    "subject": mark("Subject"),
    "day": mark("Day"),
    "time": mark("Time"),
    "channel": mark("Channel"),
    "agent": mark("Agent"),
    "template": mark("Template"),
    "kind": mark("Kind"),
    "outcome": mark("Outcome"),
    "mood": mark("Mood"),
    "pending": mark("Pending"),
    "name": mark("Name"),
    "level": mark("Level"),
    "stage": mark("Stage"),
    "last_contact": mark("Last contact"),
    "path": mark("File"),
    "text": mark("Found"),
    "satisfaction": mark("Satisfaction"),
    "direction": mark("Direction"),
    "label": mark("Label"),
    "fields": mark("Fields"),
    "source": mark("Source"),
    "company": mark("Company"),
    "type": mark("Type"),
    "days": mark("Days left"),
    "occasion": mark("Occasion"),
    "date": mark("Date"),
    "weekday": mark("Weekday"),
    "hours": mark("Hours"),
    "computed": mark("By the calendar"),
    "moved_by": mark("Moved by"),
    "due_rule": mark("Due rule"),
    "other": mark("Other"),
    "other_name": mark("Other name"),
    "shared": mark("Shared"),
    "value": mark("Value"),
    "facts": mark("Facts"),
    "merged_into": mark("Merged into"),
    "figure": mark("Figure"),
    "at": mark("At"),
    "by": mark("Who"),
    "author": mark("Author"),
    "record": mark("Record"),
    "field": mark("Field"),
    "before": mark("Before"),
    "after": mark("After"),
    "commit": mark("Commit"),
    "claimed_at": mark("Claimed"),
    "change": mark("Change"),
    "rule": mark("Rule"),
    "due_on": mark("Due on"),
    "records": mark("Records"),
    "counted": mark("Counted"),
    "why": mark("Why"),
    "item": mark("Record"),
    "part": mark("Detail"),
    "title": mark("Title"),
    "category": mark("Category"),
    "department": mark("Department"),
    "reported_on": mark("Reported"),
    "closed_on": mark("Closed"),
    "age": mark("Age"),
    "next": mark("Next step"),
    "next_due": mark("Due"),
    "period": mark("Period"),
    "requested_on": mark("Requested"),
    "assessed_on": mark("Answered"),
    "entered_by": mark("Entered by"),
    "overall": mark("Overall"),
    "lowest": mark("Lowest"),
    "answered": mark("Has answers"),
    "question": mark("Question"),
    "audience": mark("Audience"),
    "valid_until": mark("Valid until"),
    "expired": mark("Expired"),
    "approved_on": mark("Approved"),
}
# Slugs that are in no form, by the name `Listing.words` gives them.
SLUG_LABELS: Final[Mapping[str, Mapping[str, str]]] = {
    "care": {
        "birthday": mark("Birthday"),
        "anniversary": mark("Anniversary"),
        "visit": mark("Visit"),
        "dormant": mark("Dormant"),
        "verify": mark("Check details"),
    },
    "duplicate": {"phone": mark("Phone"), "email": mark("E-mail"), "name": mark("Name")},
}


@dataclass(slots=True)
class Labels:
    """Labels in the language in use; `find_words` gives the labels of a column's choices."""

    find_words: Callable[[str], Mapping[str, str]]
    _words: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def column(self, name: str) -> str:
        """The heading of a column."""
        return translate(COLUMN_LABELS[name]) if name in COLUMN_LABELS else name

    def value(self, column: str, value: str) -> str:
        """The word for a slug of a column; the slug itself when it has none."""
        if column in SLUG_LABELS:
            return translate(SLUG_LABELS[column].get(value, value))
        if column not in self._words:
            self._words[column] = self.find_words(column)
        return self._words[column].get(value, value)


def cell(field_name: str, value: Data, labels: Labels) -> str:
    """A value as people read it in a table: the word for a slug, an instant to the minute, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return translate("yes") if value else translate("no")
    text = str(value)
    if text[:4].isdecimal() and text[10:11] == "T":
        return f"{text[:10]} {text[11:16]}"
    return labels.value(field_name, text)


def labelled(word: str, value: str) -> str:
    """A value behind the word for what it is, a marked text; the colon as the language in use writes it."""
    return translate("{label}: {value}").format(label=translate(word), value=value)
