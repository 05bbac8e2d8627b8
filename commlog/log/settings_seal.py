"""The key `seal` of a log's settings: for whom which fields are stored encrypted."""

from commlog.log.settings_file import Section, yes_or_no_of
from commlog.messages import mark
from commlog.privacy.rules.sealing import NEVER_SEALED, RECIPIENT, SealRules

PERSONAL = "personal"


def read_seal_rules(chosen: Section) -> SealRules | None:
    """What the settings say about sealing; None when nothing is sealed."""
    if chosen.find(("seal",)) is None:
        return None
    fields = chosen.mapping("seal")
    chosen.refuse_unknown(("seal",), fields, ("recipients", "fields", "per_customer"))
    per_customer = chosen.convert(("seal", "per_customer"), yes_or_no_of, False, mark("true or false"))
    return SealRules(_read_recipients(chosen), _read_fields(chosen), per_customer)


def _read_recipients(chosen: Section) -> tuple[str, ...]:
    chosen.require(("seal", "recipients"))
    told = chosen.find(("seal", "recipients"))
    expected = mark("a list of public keys, each as age1…")
    if told is None:
        return ()
    if not isinstance(told, list) or not told:
        chosen.report("bad-setting", ("seal", "recipients"), value=str(told), expected=expected)
        return ()
    for place, one in enumerate(told):
        if not isinstance(one, str) or not RECIPIENT.fullmatch(one):
            chosen.report("bad-setting", ("seal", "recipients", place), value=str(one), expected=expected)
    return tuple(dict.fromkeys(str(one) for one in told))


def _is_key(key: str) -> bool:
    """Whether a text may be a dotted key: lists are passed through without a number."""
    return all(step and not step.isdigit() for step in key.split("."))


def _read_fields(chosen: Section) -> tuple[str, ...] | None:
    told = chosen.find(("seal", "fields"))
    if told is None or told == PERSONAL:
        return None
    expected = mark("the word personal, or a list of keys such as contacts.phone that nothing else rests on")
    if not isinstance(told, list) or not told:
        chosen.report("bad-setting", ("seal", "fields"), value=str(told), expected=expected)
        return None
    for place, key in enumerate(told):
        if not isinstance(key, str) or not _is_key(key) or key.partition(".")[0] in NEVER_SEALED:
            chosen.report("bad-setting", ("seal", "fields", place), value=str(key), expected=expected)
    return tuple(str(key) for key in told)
