"""What the log knows of a caller who is no customer: records in which their number, address or name stands."""

from dataclasses import replace

from commlog.customers.queries import count_shut_customers, mentions_of, records_naming
from commlog.customers.rules.brief import CallerMention
from commlog.errors import CommlogError, NotFoundError
from commlog.messages import mark
from commlog.output.listing import mask_id, mask_listing_words
from commlog.records.mask import mask_name_of, names_of
from commlog.records.rules.consistency import fold_text, phone_digits
from commlog.workspace import Workspace

# Fewer digits stand in order numbers and dates by chance.
_SHORTEST_NUMBER = 7
_MOBILE = 11
_SHOWN = 20


def find_mentions(workspace: Workspace, text: str, *, reveal: bool) -> tuple[CallerMention, ...]:
    """The records that name a caller, the newest first: by number or address anywhere, by name or customer id alone."""
    spellings = _spellings(text)
    if spellings:
        found = mentions_of(workspace.index, spellings, _SHOWN)
    else:
        found = records_naming(workspace.index, fold_text(text.strip()), text.strip(), _SHOWN)
    return tuple(found if reveal else (_masked(workspace, mention) for mention in found))


def _masked(workspace: Workspace, mention: CallerMention) -> CallerMention:
    rules = workspace.log.settings.mask
    known = names_of(workspace, [mention.customer or ""]) if rules.names else ()
    cover = mask_listing_words((*known, mention.party or ""), rules)
    return replace(
        mention,
        customer=mention.customer and mask_id(mention.customer, rules),
        party=mention.party and mask_name_of(workspace, mention.party),
        subject=cover(mention.subject),
    )


def not_known(workspace: Workspace, text: str, fault: NotFoundError) -> CommlogError:
    """The error for a caller nobody has heard of; for a name, the one that names the nearest.

    Whose number is sealed may be known all the same: that is said, lest they are written down twice.
    """
    if not _spellings(text):
        return fault
    sealed = count_shut_customers(workspace.index)
    if sealed:
        return NotFoundError(
            mark("'{name}' may be an existing customer: customers whose sealed values cannot be read here: {count}"),
            name=text.strip(),
            count=sealed,
            remedy=mark("set $COMMLOG_AGE_KEY_FILE to your key file and search again, or search by name"),
        )
    return NotFoundError(
        mark("unknown caller: '{name}' does not belong to any customer, and no record mentions it"),
        name=text.strip(),
        remedy=mark("create the customer while you talk: commlog customer create, or create … --new-customer NAME"),
    )


def _spellings(text: str) -> list[str]:
    """How a number or address may be written in a record, folded; none for a name."""
    wanted = fold_text(text.strip())
    if "@" in wanted:
        return [wanted]
    digits = phone_digits(wanted)
    if len(digits) < _SHORTEST_NUMBER or any(character.isalpha() for character in wanted):
        return []
    spellings = [wanted, digits]
    if len(digits) == _MOBILE:
        parts = (digits[:3], digits[3:7], digits[7:])
        spellings += ["-".join(parts), " ".join(parts)]
    return list(dict.fromkeys(spellings))
