"""The rules a log's settings give for personal data: what is masked, and how long records are kept."""

from collections.abc import Mapping
from typing import Final

from commlog.log.settings_file import Section, text_of, yes_or_no_of
from commlog.messages import mark
from commlog.privacy.rules.masking import MaskRules
from commlog.worktime.periods import Interval, parse_interval

_MASK_KEYS: Final = ("names", "text")


def read_mask_rules(chosen: Section) -> MaskRules:
    """The key `mask`: whether names are masked, and numbers and addresses in free text."""
    fields = chosen.mapping("mask")
    chosen.refuse_unknown(("mask",), fields, _MASK_KEYS)
    usual = MaskRules()
    return MaskRules(
        chosen.convert(("mask", "names"), yes_or_no_of, usual.names, mark("true or false")),
        chosen.convert(("mask", "text"), yes_or_no_of, usual.text, mark("true or false")),
    )


def read_retention(chosen: Section) -> Mapping[str, Interval | None]:
    """The key `retention`: an interval by the name of a kind, `anonymous` or a template; None is for ever."""
    return {
        str(name): chosen.convert(
            ("retention", name),
            lambda value: parse_interval(text_of(value)),
            None,
            mark("an interval such as 30d, 3m, 1y or none"),
        )
        for name in chosen.mapping("retention")
    }
