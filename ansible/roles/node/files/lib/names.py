"""What the programs of this folder share: which names are safe in paths, SQL and arguments, and where things lie."""

import json
import os
import re
import sys

ROOT = "/srv/pressluft"
MARK = "database-ready"

_USER = re.compile(r"pl_[0-9a-f]{12}")
_RELEASE = re.compile(r"[0-9a-f]{8}")


class Refused(Exception):
    """Says in one line what is wrong. Holds no secret."""


def user_of(text):
    """The name of an environment's user. Throws Refused."""
    if not _USER.fullmatch(text):
        raise Refused("not the name of an environment's user")
    return text


def release_of(text):
    """The name of a release. Throws Refused."""
    if not _RELEASE.fullmatch(text):
        raise Refused("not the name of a release")
    return text


def base_of(user):
    return os.path.join(ROOT, user_of(user))


def folder_of(user, release):
    return os.path.join(base_of(user), "releases", release_of(release))


def database_of(user, release):
    return f"{user_of(user)}_{release_of(release)}"


def facts_of(user):
    """What root has written about the environment. Throws Refused when there is none."""
    try:
        with open(os.path.join(base_of(user), "environment.json"), encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        raise Refused("no such environment") from None


def authority_of(url):
    """Host and port of an address, as in a Host header."""
    return url.split("://", 1)[1]


def main(work):
    """Runs a program: its answer is one line, a refusal goes to standard error with exit code 1."""
    try:
        print(work(sys.argv[1:]), flush=True)
    except Refused as refusal:
        print(refusal, file=sys.stderr)
        sys.exit(1)
