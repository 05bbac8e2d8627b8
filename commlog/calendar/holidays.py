"""The public holidays of countries: the shipped ones, a file a country in the form of a log's calendar, else those of `holidays`."""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from commlog.errors import NotFoundError, UsageError
from commlog.log.settings import build_dated_days
from commlog.messages import current_language, mark, translate
from commlog.records.rules.consistency import near_names
from commlog.worktime.calendar import DatedDay
from commlog.yamltext.parse import parse_yaml

_FOLDER: Final = Path(__file__).parent
# By the language in use: the package's names for it, the best first; else the country's own language.
_LANGUAGES: Final = {"zh": ("zh_CN", "zh"), "en": ("en_US", "en_GB", "en")}
# The time zones of China, old names included.
_ZONES: Final = dict.fromkeys(
    ("Asia/Shanghai", "Asia/Urumqi", "Asia/Chongqing", "Asia/Chungking", "Asia/Harbin", "Asia/Kashgar", "PRC"), "CN"
)


def shipped_countries() -> tuple[str, ...]:
    """The ISO codes of the countries whose holidays are shipped, in order."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))


def country_of_zone(zone: str) -> str | None:
    """The shipped country all of whose people live by a time zone, by its IANA name; None for any other zone."""
    return _ZONES.get(zone)


def shipped_years(country: str) -> range:
    """The years that are shipped for a country.

    Raises:
        KeyError: the country is not shipped.
    """
    years = {day.year for day in _days_of(country)}
    return range(min(years), max(years) + 1)


def read_public_holidays(country: str, year: int) -> tuple[DatedDay, ...]:
    """The days off and make-up working days of a shipped country in a year, by date; none for a year it does not know.

    Raises:
        KeyError: the country is not shipped.
    """
    return tuple(day for _, day in sorted(_days_of(country).items()) if day.date.year == year)


@cache
def _days_of(country: str) -> Mapping[date, DatedDay]:
    if country not in shipped_countries():
        raise KeyError(country)
    return build_dated_days(parse_yaml((_FOLDER / f"{country}.yaml").read_text(encoding="utf-8")))


def public_holidays(country: str, year: int) -> tuple[DatedDay, ...]:
    """The days off and make-up working days of a country (`DE`) or a part of one (`US-CA`) in a year, by date.

    Those of a country that is not shipped come from the package `holidays`, their names in the language in use where the
    package has them, else in the country's own. None for a year that is not known.

    Raises:
        UsageError: the package is not installed.
        NotFoundError: the package does not know the country or the part of it; names codes that are near.
    """
    if country in shipped_countries():
        return read_public_holidays(country, year)
    package = _load()
    code, _, part = country.upper().partition("-")
    parts = package.list_supported_countries(include_aliases=True)
    if code not in parts:
        by_name = {name.replace("_", " ").upper(): names[1] for name, names in package.registry.COUNTRIES.items()}
        raise _unknown(country, parts, by_name)
    if part and part not in parts[code]:
        raise _unknown(country, [f"{code}-{name}" for name in parts[code]] or [code])
    entity = getattr(package, code)
    spoken = entity.supported_languages or ()
    chosen = next((name for name in _LANGUAGES.get(current_language(), ()) if name in spoken), None)
    found = package.country_holidays(code, subdiv=part or None, years=year, language=chosen)
    # What the package joins with `; ` is one name here.
    days: dict[date, DatedDay] = {
        day: DatedDay(day, "off", name.replace("; ", ", ")) for day, name in found.items() if day.year == year
    }
    worked = (day for day in getattr(found, "weekend_workdays", ()) if day.year == year)
    days.update({day: DatedDay(day, "work", translate("make-up working day")) for day in worked})
    return tuple(days[day] for day in sorted(days))


def _load() -> Any:
    try:
        return import_module("holidays")
    except ModuleNotFoundError:
        raise UsageError(
            mark("holidays of other countries need the package `holidays`, which is not installed"),
            remedy=mark('install it: pip install "commlog[calendar]"'),
        ) from None


def _unknown(country: str, codes: Iterable[str], by_name: Mapping[str, str] = MappingProxyType({})) -> NotFoundError:
    upper = country.upper()
    names = sorted(codes)
    named = [by_name[name] for name in near_names(upper, by_name, 3, 0.8)]
    near = named or near_names(upper, names, 5, 0.5) or [name for name in names if name[:1] == upper[:1]] or names
    return NotFoundError(
        mark("no holidays are known for the country '{country}'"),
        country=country,
        near=", ".join(near[:8]),
        remedy=mark("use its ISO code, e.g. {near}; a part of a country is written US-CA"),
    )
