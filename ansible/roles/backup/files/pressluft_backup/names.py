"""What may be in an archive. The writer keeps to it and the reader demands it, so that what is stored can be restored."""

MANIFEST = "manifest.json"
DUMP = "database.sql"
FILES = "files"

MEMBERS_MAX = 1_000_000
#: Of all paths together: about 134 bytes for each of a million. Whoever keeps paths in memory has that much room.
PATHS_BYTES_MAX = 128 * 2**20
PATH_BYTES_MAX = 4000
NAME_BYTES_MAX = 255
MANIFEST_BYTES_MAX = 65_536


def is_plain_path(path):
    """A relative path without empty, `.` or `..` parts, of names that a file system takes."""
    parts = path.split("/")
    return len(encode(path)) <= PATH_BYTES_MAX and all(is_plain_name(part) for part in parts)


def is_plain_name(name):
    return name not in ("", ".", "..") and "\0" not in name and len(encode(name)) <= NAME_BYTES_MAX


def stays_inside(path, target):
    """Does a link at this path (from the top of the files, `FILES/...`) lead to a place below FILES?

    `..` only at the beginning: there each one leaves a folder that is known to be none but a folder. After a name it
    could leave a folder that a link led into.
    """
    if target == "" or target.startswith("/") or "\0" in target or len(encode(target)) > PATH_BYTES_MAX:
        return False
    parts = [part for part in target.split("/") if part not in ("", ".")]
    ups = next((index for index, part in enumerate(parts) if part != ".."), len(parts))
    depth = path.count("/") - 1
    return ups <= depth and ".." not in parts[ups:]


def encode(text):
    return text.encode("utf-8", "surrogateescape")
