"""Public holidays of countries that are not shipped, from the package `holidays` where it is installed."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING, Any, Final

from commlog.errors import NotFoundError, UsageError
from commlog.messages import mark, translate
from commlog.worktime.calendar import DatedDay

if TYPE_CHECKING:
    from datetime import date

# By the language people read: the package's names for it, the best first; else the country's own language.
_LANGUAGES: Final = {"zh": ("zh_CN", "zh"), "en": ("en_US", "en_GB", "en")}


def public_holidays(country: str, year: int, language: str) -> tuple[DatedDay, ...]:
    """The days off and make-up working days of a country (`DE`) or a part of one (`US-CA`) in a year, by date.

    Names are in the language (zh or en) where the package has them, else in the country's own. None for a year that
    the package does not know.

    Raises:
        UsageError: the package is not installed.
        NotFoundError: the package does not know the country or the part of it; names codes that are near.
    """
    package = _load()
    code, _, part = country.upper().partition("-")
    parts = package.list_supported_countries(include_aliases=True)
    if code not in parts:
        raise _unknown(country, parts, _codes_by_name(package))
    if part and part not in parts[code]:
        raise _unknown(country, [f"{code}-{name}" for name in parts[code]] or [code])
    entity = getattr(package, code)
    spoken = entity.supported_languages or ()
    chosen = next((name for name in _LANGUAGES.get(language, ()) if name in spoken), None)
    found = package.country_holidays(code, subdiv=part or None, years=year, language=chosen)
    return _days_of(found, year)


def _days_of(found: Any, year: int) -> tuple[DatedDay, ...]:
    """The days as ours: what the package joins with `; ` is one name."""
    days: dict[date, DatedDay] = {
        day: DatedDay(day, "off", name.replace("; ", ", ")) for day, name in found.items() if day.year == year
    }
    worked = (day for day in getattr(found, "weekend_workdays", ()) if day.year == year)
    days.update({day: DatedDay(day, "work", translate("make-up working day")) for day in worked})
    return tuple(days[day] for day in sorted(days))


def _load() -> ModuleType:
    try:
        import holidays
    except ModuleNotFoundError:
        raise UsageError(
            mark("holidays of other countries need the package `holidays`, which is not installed"),
            remedy=mark('install it: pip install "commlog[calendar]"'),
        ) from None
    package: ModuleType = holidays
    return package


def _codes_by_name(package: ModuleType) -> dict[str, str]:
    """The codes of countries by their English names, e.g. `GERMANY`."""
    return {name.replace("_", " ").upper(): names[1] for name, names in package.registry.COUNTRIES.items()}


def _unknown(country: str, codes: Iterable[str], by_name: Mapping[str, str] = MappingProxyType({})) -> NotFoundError:
    from difflib import get_close_matches

    upper = country.upper()
    names = sorted(codes)
    named = [by_name[name] for name in get_close_matches(upper, by_name, 3, 0.8)]
    near = (
        named or get_close_matches(upper, names, 5, 0.5) or [name for name in names if name[:1] == upper[:1]] or names
    )
    return NotFoundError(
        mark("no holidays are known for the country '{country}'"),
        country=country,
        near=", ".join(near[:8]),
        remedy=mark("use its ISO code, e.g. {near}; a part of a country is written US-CA"),
    )
