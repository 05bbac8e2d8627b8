"""The build step: compiles the message catalogues, for wheels and for editable installs."""

from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


def compile_catalogue(source: Path) -> Path:
    """Write the compiled catalogue (`.mo`) beside its source (`.po`); gives the file that was written."""
    with source.open("rb") as file:
        catalogue = read_po(file)
    target = source.with_suffix(".mo")
    with target.open("wb") as file:
        write_mo(file, catalogue)
    return target


class CatalogueHook(BuildHookInterface[Any]):
    """Hatchling calls it before it puts the package together."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Compile every catalogue and name the results as files of the package: git ignores them."""
        root = Path(self.root)
        for source in sorted(root.glob("commlog/locale/*/LC_MESSAGES/*.po")):
            build_data["artifacts"].append(compile_catalogue(source).relative_to(root).as_posix())
