"""Starts the pinned AWS emulator so that it can leave nothing behind, with the one correction the product needs.

Run by emulator.ts as `python launcher.py <expected version> <temporary folder>` with a pipe on stdin. End of file on
stdin (the parent closed it, or died by whatever signal) ends the emulator and every Lambda worker it started, and
removes the temporary folder. No source of the emulator is kept here: what is replaced is replaced at run time, after
checking that it still is what this file was written against.
"""

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import threading
import weakref

EXIT_UNEXPECTED = 78


def refuse(reason):
    """Ends the start with one clear line (the last one of the log, which emulator.ts shows)."""
    print(f"local/aws/launcher.py: {reason}", file=sys.stderr, flush=True)
    os._exit(EXIT_UNEXPECTED)


class Children:
    """Every process the emulator starts. It keeps no complete list of its own, and on its end leaves its Lambda
    workers to whoever adopts orphans; in a container without an init process those stay as zombies for ever."""

    def __init__(self):
        self.alive = weakref.WeakSet()
        self.closed = False

    def track(self):
        children = self

        class TrackedPopen(subprocess.Popen):
            def __init__(self, *args, **kwargs):
                if children.closed:
                    raise RuntimeError("the emulator is stopping")
                super().__init__(*args, **kwargs)
                children.alive.add(self)

        subprocess.Popen = TrackedPopen

    def end(self):
        self.closed = True
        ending = list(self.alive)
        for child in ending:
            child.kill()
        for child in ending:
            try:
                child.wait(timeout=1)
            except subprocess.TimeoutExpired:
                pass  # emulator.ts ends the whole process group next


def answer_errors_like_http_api():
    """A Lambda function that throws or times out must answer 500 {"message":"Internal Server Error"}, as an HTTP API
    on AWS does. The emulator answers 502 with the error's own text, which would leak what the function threw."""
    from ministack.services import apigateway, lambda_svc

    name = "lambda_execute_result_to_api_proxy_response"
    original = getattr(lambda_svc, name, None)
    if original is None or name not in apigateway._invoke_lambda_proxy.__code__.co_names:
        refuse(f"the emulator no longer shapes Lambda errors in {name}; check the patch against this version")
    failed = {"error": True, "body": {"errorMessage": "x", "errorType": "y"}}
    answer, _ = original(failed)
    if answer.get("statusCode") != 502 or json.loads(answer["body"]) != failed["body"]:
        refuse("the emulator's answer to a failed Lambda function has changed; check whether the patch is still needed")

    def corrected(result):
        if result.get("error") and not result.get("throttle"):
            body = '{"message":"Internal Server Error"}'
            return {"statusCode": 500, "headers": {"Content-Type": "application/json"}, "body": body}, None
        return original(result)

    setattr(lambda_svc, name, corrected)


def main():
    expected, scratch = sys.argv[1:3]
    found = importlib.metadata.version("ministack")
    if found != expected:
        refuse(f"found ministack {found}, written for {expected}")

    children = Children()
    children.track()

    def leave(code):
        children.end()
        shutil.rmtree(scratch, ignore_errors=True)
        os._exit(code)

    def leave_at_end_of_input():
        while os.read(0, 4096):
            pass
        leave(0)

    threading.Thread(target=leave_at_end_of_input, daemon=True, name="parent-watch").start()

    answer_errors_like_http_api()
    sys.argv = ["ministack"]
    from ministack.app import main as serve

    code = 0
    try:
        serve()
    except SystemExit as exit:
        code = exit.code if isinstance(exit.code, int) else 1
    finally:
        leave(code)


main()
