"""The one error of this tool, and what may be said of an error that nobody foresaw."""

import os
import traceback


class Failure(Exception):
    """Something that ends the work and that a person can be told about.

    kind: what went wrong, for the playbook: "request" (what the tool was told), "dump", "archive", "room" (disk),
    "gone" (files or database of the environment), "upload", "fetch", "intact" (size or checksum of a backup), "content" (what is in a backup), "load" (a dump that the
    database refuses), "database" (a database that cannot be asked).
    The reason never holds an address: pre-signed addresses are secrets.
    """

    def __init__(self, kind, reason):
        super().__init__(reason)
        self.kind = kind
        self.reason = reason


def describe_unforeseen(error):
    """Type and place of an error, without its message: messages of http.client and ssl may quote addresses."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else ""
    return f"unforeseen {type(error).__name__}{place}"
