"""Command line: `python3 -I -B pressluft_backup create|bring|inspect RUN_DIR`, `... unpack RUN_DIR RELEASE_FOLDER`
or `... load DUMP USER RELEASE`.

Standard output is one JSON object, {"ok": true, ...} or {"ok": false, "kind", "reason"}; exit code 0 or 3.
Addresses are read from the run's vars.json: never from the command line, and written nowhere.
"""

import json
import os
import sys
from pathlib import Path

from create import create
from failure import Failure, describe_unforeseen
from load import load
from restore import bring, inspect, unpack
from run_dir import RunDir


def work(argv):
    match argv:
        case ["create", folder]:
            os.nice(10)  # The site goes on being served.
            return create(RunDir(folder))
        case ["bring", folder]:
            return bring(RunDir(folder))
        case ["inspect", folder]:
            return inspect(RunDir(folder))
        case ["unpack", folder, release]:
            return unpack(RunDir(folder), Path(release))
        case ["load", dump, user, release]:
            return load(dump, user, release)
        case _:
            raise Failure("request", "unknown command line")


def main(argv):
    try:
        said, code = {"ok": True, **work(argv)}, 0
    except Failure as failure:
        said, code = {"ok": False, "kind": failure.kind, "reason": failure.reason}, 3
    except Exception as error:
        said, code = {"ok": False, "kind": "unforeseen", "reason": describe_unforeseen(error)}, 3
    print(json.dumps(said))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
