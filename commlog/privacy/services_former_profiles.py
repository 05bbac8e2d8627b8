"""What git knows of a customer from before: the values their profile once had."""

from commlog.errors import NoLogError
from commlog.git import history as git
from commlog.git.objects import iter_blobs
from commlog.log.names import record_path
from commlog.privacy.rules.sealing import SHUT, find_sealed, with_values
from commlog.records.revisions import blobs_of, read_versions, steps_of
from commlog.values import CUSTOMER, Fields
from commlog.workspace import Workspace


def former_profiles(workspace: Workspace, customer: str) -> list[Fields]:
    """Every version of a customer's profile in git's history that can be read, a word in place of what stays sealed.

    Nothing without git, and nothing of what a shallow clone does not hold.
    """
    root, path = workspace.log.root, record_path(CUSTOMER, customer)
    try:
        steps = list(steps_of(git.list_file_commits(root, path))) if git.head_of(root) is not None else []
    except NoLogError:
        return []
    versions = read_versions(workspace.reader, path, iter_blobs(root, blobs_of(steps)))
    found = [version.fields for version in versions.values() if version.fields is not None]
    return [with_values(fields, {place: SHUT for place, _ in find_sealed(fields)}) for fields in found]
