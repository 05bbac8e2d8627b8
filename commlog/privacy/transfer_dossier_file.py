"""The files of a dossier as one ZIP archive: the same bytes every time."""

from collections.abc import Mapping
from datetime import datetime
from io import BytesIO

# ZIP knows no earlier year.
_FIRST_YEAR = 1980


def pack_files(files: Mapping[str, bytes], made_at: datetime) -> bytes:
    """An archive of files by name, each dated with an instant in the log's zone."""
    from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

    target = BytesIO()
    moment = (max(made_at.year, _FIRST_YEAR), made_at.month, made_at.day, made_at.hour, made_at.minute, made_at.second)
    with ZipFile(target, "w", ZIP_DEFLATED) as archive:
        for name, data in files.items():
            entry = ZipInfo(name, moment)
            entry.compress_type = ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, data)
    return target.getvalue()
