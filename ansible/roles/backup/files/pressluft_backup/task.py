"""What the tool is asked to do: the run's variables, held against what they must look like before any path is made of them."""

import re
from dataclasses import dataclass

from failure import Failure

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
USER = r"pl_[0-9a-f]{12}"
SCOPES = ("db", "files", "full")
RELEASE = r"[0-9a-f]{8}"
#: S3 takes parts of 5 MiB to 5 GiB; one part is held in memory.
PART_BYTES_MIN = 5 * 2**20
PART_BYTES_MAX = 512 * 2**20


@dataclass(frozen=True)
class CreateTask:
    """A backup that is to be made."""

    environment_id: str
    user: str
    url: str
    backup_id: str
    scope: str
    part_bytes: int
    urls: list


@dataclass(frozen=True)
class RestoreTask:
    """A backup that is to be checked or unpacked."""

    environment_id: str
    user: str
    backup_id: str
    scope: str
    sha256: str
    size_bytes: int
    url: str | None


def read_create_task(told):
    """Throws Failure("request") that names the variable, never its value."""
    return CreateTask(
        environment_id=text(told, "environment.id", UUID),
        user=text(told, "environment.user", USER),
        url=text(told, "environment.url", r"https?://[^\s\"'<>\\]{1,300}"),
        backup_id=text(told, "backup.id", UUID),
        scope=one_of(told, "backup.scope", SCOPES),
        part_bytes=number(told, "upload.part_size_bytes", PART_BYTES_MIN, PART_BYTES_MAX),
        urls=addresses(told, "upload.urls"),
    )


def read_restore_task(told):
    """Throws Failure("request") that names the variable, never its value."""
    return RestoreTask(
        environment_id=text(told, "environment.id", UUID),
        user=text(told, "environment.user", USER),
        backup_id=text(told, "backup.id", UUID),
        scope=one_of(told, "backup.scope", SCOPES),
        sha256=text(told, "backup.sha256", r"[0-9a-f]{64}"),
        size_bytes=number(told, "backup.size_bytes", 1, 2**50),
        url=address_or_none(told, "backup.url"),
    )


def find(told, name):
    value = told
    for key in name.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def wrong(name):
    return Failure("request", f"the variable {name} is missing or wrong")


def text(told, name, pattern):
    value = find(told, name)
    if not isinstance(value, str) or re.fullmatch(pattern, value) is None:
        raise wrong(name)
    return value


def one_of(told, name, allowed):
    value = find(told, name)
    if value not in allowed:
        raise wrong(name)
    return value


def number(told, name, least, most):
    value = find(told, name)
    if type(value) is not int or not least <= value <= most:
        raise wrong(name)
    return value


def addresses(told, name):
    value = find(told, name)
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise wrong(name)
    return value


def address_or_none(told, name):
    value = find(told, name)
    if value is not None and not isinstance(value, str):
        raise wrong(name)
    return value
