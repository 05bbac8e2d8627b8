"""The message catalogue: which language people read, and every text in it."""

import gettext
from pathlib import Path
from typing import Final

DOMAIN: Final = "commlog"
LANGUAGES: Final = ("zh", "en")
LOCALE_FOLDER: Final = Path(__file__).parent / "locale"


class Catalogue:
    """The language in use; English until `use` names another."""

    language: str = "en"
    translations: gettext.NullTranslations = gettext.NullTranslations()

    @classmethod
    def use(cls, language: str) -> None:
        """Answer in this language (zh or en) from now on."""
        cls.language = language
        if language == "en":
            cls.translations = gettext.NullTranslations()
        else:
            # A checkout that was never built or installed has no compiled catalogue, and answers in English.
            cls.translations = gettext.translation(DOMAIN, LOCALE_FOLDER, [language], fallback=True)


def use_language(language: str) -> None:
    """Answer in this language (zh or en) from now on."""
    Catalogue.use(language)


def current_language() -> str:
    """The language in use: zh or en."""
    return Catalogue.language


def mark(message: str) -> str:
    """The same text, marked for the catalogue where it is in a table."""
    return message


def mark_plural(singular: str, plural: str) -> tuple[str, str]:
    """The same two texts, for one and for any other number, marked for the catalogue where they are in a table."""
    return singular, plural


def translate(message: str) -> str:
    """The text in the language in use; English itself is the key."""
    return Catalogue.translations.gettext(message) if message else ""


def translate_plural(singular: str, plural: str, count: int) -> str:
    """The text for this number of things in the language in use; English has one text for 1 and one for the others."""
    return Catalogue.translations.ngettext(singular, plural, count)
