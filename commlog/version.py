"""The version, where start-up can read it without searching the installed packages."""

from typing import Final

VERSION: Final = "0.1.0"
