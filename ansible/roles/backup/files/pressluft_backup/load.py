"""Loads a dump into a database as the environment's own user, with the client's own commands switched off."""

import os
import pwd
import re
import subprocess

from failure import Failure

# Whoever loads becomes the definer: of another account the server takes none, and root would have too many rights.
DEFINER = re.compile(rb"^(/\*!50\d+ (?:CREATE\*/ /\*!50\d+ )?|CREATE )DEFINER=`(?:[^`]|``)*`@`(?:[^`]|``)*`")
SOCKET = "/run/mysqld/mysqld.sock"
# binary-mode: no command of the client counts but DELIMITER and \C. sandbox: none that runs a program or opens a file,
# should one count all the same. No file of this machine can be asked for by the server either.
CLIENT = [
    "mariadb", "--no-defaults", "--protocol=socket", f"--socket={SOCKET}", "--batch", "--binary-mode", "--sandbox",
    "--skip-local-infile", "--skip-reconnect", "--default-character-set=utf8mb4",
    # The site's own account reaches this database too, and may hold locks on it.
    "--init-command=SET SESSION lock_wait_timeout = 60",
]  # fmt: skip
COMPLAINT_BYTES = 400
# These say nothing of the dump: the server is not there or goes away (2000 to 2999 are the client's own), its disk is full
# (3, 1021, 1030 and 1114), somebody holds a lock (1205). https://mariadb.com/kb/en/mariadb-error-code-reference/
NOT_THE_DUMP = re.compile(r"^ERROR (2\d{3}|3|1021|1030|1053|1114|1205) ")


def load(path, user, release, client=CLIENT, account=None):
    """The user has rights on databases of its own name alone, so that is all that a hostile dump can reach.

    Throws Failure("load") when the database does not take the dump, Failure("database") when it cannot be asked to.
    """
    argv = [*client, f"--database={user}_{release}"]
    with open(path, "rb") as dump, open_client(argv, as_user(user) if account is None else account) as process:
        try:
            send(dump, process.stdin, user)
        except BrokenPipeError:
            pass
        complaint = process.stderr.read(COMPLAINT_BYTES).decode("utf-8", "replace").strip()
    if process.returncode != 0:
        if process.returncode < 0 or NOT_THE_DUMP.match(complaint):
            raise Failure("database", f"the database took no dump: {complaint}")
        raise Failure("load", f"the database does not take the dump: {complaint}")
    return {}


def open_client(argv, account):
    # The complaint is short: one line, after which the client ends. Nothing is printed for statements that succeed,
    # and what a query in the dump would print is thrown away.
    return subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd="/", **account
    )


def as_user(name):
    found = pwd.getpwnam(name)
    env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/nonexistent"}
    return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": [], "env": env}


def send(dump, target, user):
    """Rows begin with INSERT and are left alone; a line break within a value is written as \\n by mariadb-dump."""
    definer = rb"\1DEFINER=`" + os.fsencode(user) + rb"`@`localhost`"
    with target:
        for line in dump:
            target.write(DEFINER.sub(definer, line) if line[:1] in (b"/", b"C") else line)
