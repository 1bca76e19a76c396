"""The first member of every archive: what it is a backup of."""

import json
import re

from failure import Failure
from task import SCOPES, UUID

VERSION = 1
KEYS = {"version", "backup_id", "environment_id", "scope", "url", "wordpress_version", "database", "created_at"}
DATABASE_KEYS = {"sha256", "size_bytes"}
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
ADDRESS = r"https?://[A-Za-z0-9.\-:\[\]]{1,255}(/[A-Za-z0-9._~/\-]{0,200})?"


def write_manifest(task, wordpress_version, database, created_at):
    """database: {"sha256", "size_bytes"} of the dump, None without one."""
    manifest = {
        "version": VERSION,
        "backup_id": task.backup_id,
        "environment_id": task.environment_id,
        "scope": task.scope,
        "url": task.url,
        "wordpress_version": wordpress_version,
        "database": database,
        "created_at": created_at,
    }
    content = json.dumps(manifest, indent=1).encode()
    read_manifest(content, task)
    return content


def read_manifest(content, task):
    """The manifest of this task's backup. Throws Failure("content")."""
    try:
        told = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError):
        raise Failure("content", "the manifest is not JSON") from None
    if not isinstance(told, dict) or set(told) != KEYS or told["version"] != VERSION:
        raise Failure("content", "the manifest is not one that this version writes")
    check_identity(told, task)
    check_fields(told, task)
    return told


def check_identity(told, task):
    for key, expected in (("environment_id", task.environment_id), ("backup_id", task.backup_id), ("scope", task.scope)):
        if told[key] != expected:
            raise Failure("content", f"the manifest has another {key} than this backup")


def check_fields(told, task):
    has_dump = task.scope in (SCOPES[0], SCOPES[2])
    sound = {
        "environment_id": matches(told["environment_id"], UUID),
        "url": matches(told["url"], ADDRESS),
        "created_at": matches(told["created_at"], TIME),
        "wordpress_version": told["wordpress_version"] is None or matches(told["wordpress_version"], r"[\w.+-]{1,40}"),
        "database": is_database(told["database"]) if has_dump else told["database"] is None,
    }
    wrong = [key for key, is_sound in sound.items() if not is_sound]
    if wrong:
        raise Failure("content", f"the manifest's {wrong[0]} is wrong")


def matches(value, pattern):
    return isinstance(value, str) and re.fullmatch(pattern, value, re.ASCII) is not None


def is_database(value):
    return (
        isinstance(value, dict)
        and set(value) == DATABASE_KEYS
        and matches(value["sha256"], r"[0-9a-f]{64}")
        and type(value["size_bytes"]) is int
        and 0 < value["size_bytes"] <= 2**50
    )
