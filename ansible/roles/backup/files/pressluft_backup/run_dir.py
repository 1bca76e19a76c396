"""The folder of a run: what the tool is told, and how it tells and asks the worker while it runs."""

import json
import os
import time
from pathlib import Path

from failure import Failure

GIVEN_WAIT_S = 900
GIVEN_LOOK_S = 1


class RunDir:
    """Files by which playbook and worker talk. Whatever is written appears whole, by rename."""

    def __init__(self, path, sleep=time.sleep, wait_s=GIVEN_WAIT_S):
        self.path = Path(path)
        self._sleep = sleep
        self._wait_s = wait_s

    def read_vars(self):
        """The run's variables. They hold pre-signed addresses and are quoted nowhere."""
        try:
            return json.loads((self.path / "vars.json").read_bytes())
        except (OSError, ValueError):
            raise Failure("request", "the run's variables cannot be read") from None

    def write(self, name, value):
        """Puts a JSON file, readable by root alone."""
        write_whole(self.path / name, json.dumps(value).encode())

    def tell_progress(self, done_bytes, text):
        self.write("progress.json", {"done_bytes": done_bytes, "text": text})

    def ask_for_urls(self, first_part, forget):
        """Asks the worker for addresses from a part on and waits for them.

        forget: an answer that lies there already has expired and is not taken again.
        Throws Failure("upload") when none comes in time.
        """
        if forget:
            self._take(*self._find_given(first_part))
        self.write("need.json", {"kind": "part_urls", "from": first_part})
        for _ in range(max(1, int(self._wait_s / GIVEN_LOOK_S))):
            urls, files = self._find_given(first_part)
            if urls:
                return self._take(urls, files)
            self._sleep(GIVEN_LOOK_S)
        raise Failure("upload", f"no addresses for parts from {first_part} came within {self._wait_s} s")

    def _find_given(self, first_part):
        """The addresses for parts from this one on, [] if none are there, and the files that they are in."""
        given = [(read_given(file), file) for file in sorted(self.path.glob("given-*.json"))]
        fitting = [(told["urls"], file) for told, file in given if told is not None and told["from"] == first_part]
        return fitting[-1][0] if fitting else [], [file for _, file in fitting]

    def _take(self, urls, files):
        """Secrets are used once. The question goes first: without its answer the worker would answer it again."""
        for file in (self.path / "need.json", *files):
            file.unlink(missing_ok=True)
        return urls


def read_given(file):
    """An answer of the worker, None if it is not one."""
    try:
        given = json.loads(file.read_bytes())
        urls = given["urls"]
        is_sound = isinstance(given["from"], int) and isinstance(urls, list) and all(isinstance(u, str) for u in urls)
        return given if is_sound else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_whole(path, content):
    """Writes a file of mode 0600 that is either the old one or the new one, whenever the machine stops."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)
