/**
 * The programs that keep runs of playbooks on a node, in Python, which comes with cloud-init. They are text here because
 * they go over SSH as they are: in the command line of a login, so no single quote may stand in them, and by standard
 * input. They hold nothing of a run: what a run is about comes by standard input as one line of JSON.
 *
 * What is on the disk decides. A run's folder appears by one rename; `state.json` appears by one link, which only one
 * process ever gets to make; `exit` appears by one rename, last of all.
 */

/** Where all of it is kept on a node. */
export const nodeFolder = "/var/lib/pressluft";

/** Exit codes of `changeScript`, beside 0. */
export const changeExit = { noBundle: 21, damaged: 22, notStarted: 24, noRun: 25 } as const;

/** Exit code of a run that found another one at work for all of `WAIT_S`: that of sysexits.h for "try again later". */
export const busyExit = 75;

/** Most that is read of `result.json`: a backup of `PARTS_MAX` parts has about 0.9 MB of it. */
export const resultLimitBytes = 1024 * 1024;

const prelude = `
import json, os, subprocess, sys, tempfile
from datetime import datetime, timezone

BASE = "${nodeFolder}"
JOBS = BASE + "/jobs"
BUNDLES = BASE + "/bundles"
RESTORES = BASE + "/restores"

def read(path, limit):
    try:
        with open(path, "rb") as file:
            return file.read(limit)
    except OSError:
        return None

def load(path, limit=65536):
    data = read(path, limit + 1)
    if data is None or len(data) > limit:
        return None
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None

def write(path, data):
    part = "%s.%d.part" % (path, os.getpid())
    fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(data if isinstance(data, bytes) else json.dumps(data).encode())
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)

def read_boot_id():
    return (read("/proc/sys/kernel/random/boot_id", 64) or b"").decode().strip()

def claim(folder, pid):
    state = folder + "/state.json"
    mine = "%s.%d" % (state, os.getpid())
    write(mine, {"boot_id": read_boot_id(), "pid": pid, "started_at": datetime.now(timezone.utc).isoformat()})
    try:
        os.link(mine, state)
        return True
    except FileExistsError:
        return False
    finally:
        os.unlink(mine)

def forget(folder):
    for name in os.listdir(folder):
        if name == "vars.json" or name.startswith("given-"):
            os.unlink(folder + "/" + name)
`;

const units = `
def unit_of(run):
    return "pressluft-run-%s.service" % run

def is_active(run):
    asked = ["systemctl", "show", "--property=ActiveState", "--value", unit_of(run)]
    word = subprocess.run(asked, stdin=subprocess.DEVNULL, capture_output=True).stdout.decode().strip()
    return word not in ("inactive", "failed", "")
`;

/**
 * Prints what there is of a run as one line of JSON. Whether it lives is asked before whether it has ended: asked the
 * other way round, a run that ends in between would look interrupted. What it was told is removed when it was cut off,
 * because then nobody else does. Which task failed is looked for in all of the log (its last 64 MiB), 4 KiB of a line at
 * a time: one failure may print more than the end of a log holds.
 */
export const lookScript = `${prelude}${units}
from collections import deque

MARKS = (b"TASK [", b"RUNNING HANDLER [", b"fatal: [", b"failed: [", b"...ignoring", b"PLAY RECAP", b"localhost ")
TAIL_BYTES = 262144
MARKS_BYTES = 67108864

def is_alive(run, folder, state):
    if state is not None:
        if state.get("boot_id") != read_boot_id():
            return False
        words = (read("/proc/%s/cmdline" % state.get("pid"), 4096) or b"").split(bytes(1))
        if (folder + "/run.py").encode() in words:
            return True
    return is_active(run)

def read_tail(file, end):
    start = max(0, end - TAIL_BYTES)
    file.seek(start)
    return file.read(TAIL_BYTES).splitlines()[1 if start else 0:]

def read_marks(file, end):
    marks, start = deque(maxlen=200), max(0, end - MARKS_BYTES)
    file.seek(start)
    begins = start == 0
    while file.tell() < end:
        piece = file.readline(4096)
        if begins and piece.startswith(MARKS):
            marks.append(piece.rstrip())
        begins = piece.endswith(b"\\n")
    return list(marks)

def read_log(path):
    try:
        with open(path, "rb") as file:
            end = file.seek(0, 2)
            return read_marks(file, end), read_tail(file, end)
    except OSError:
        return [], []

def shorten(lines, count, length):
    return [line[:length].decode("utf-8", "replace") for line in lines[-count:]]

def load_need(folder):
    need = load(folder + "/need.json")
    if not isinstance(need, dict):
        return None
    for name in os.listdir(folder):
        given = load(folder + "/" + name, 1048576) if name.startswith("given-") else None
        if isinstance(given, dict) and given.get("from") == need.get("from"):
            return None
    return need

def look(run):
    folder = JOBS + "/" + run
    if not os.path.isdir(folder):
        return {"state": "absent"}
    state = load(folder + "/state.json")
    alive = is_alive(run, folder, state)
    code = load(folder + "/exit", 16)
    if code is not None:
        word = "ended"
    elif alive:
        word = "running"
    else:
        word = "prepared" if state is None else "interrupted"
    if word == "interrupted":
        forget(folder)
    marks, tail = read_log(folder + "/log")
    return {
        "state": word,
        "exit_code": code,
        "marks": shorten(marks, 200, 300),
        "tail": shorten(tail, 60, 1000),
        "progress": load(folder + "/progress.json") if word == "running" else None,
        "need": load_need(folder) if word == "running" else None,
        "result": load(folder + "/result.json", ${resultLimitBytes}) if word == "ended" else None,
    }

print(json.dumps(look(json.loads(sys.stdin.buffer.readline())["run_id"])))
`;

/**
 * Starts a run, gives it an answer or stops it. Each may be repeated and cut off anywhere: what is made has another name
 * until it is whole. A folder that is there is never made again; what is prepared and has no process gets one. The unit
 * name keeps two processes of one run from being there at once, and the claim in `runScript` from one after the other.
 * Behind the line of JSON the bundle may follow. `sync`: what the rename shows after a power cut must be whole.
 */
export const changeScript = `${prelude}${units}
import hashlib, shutil

def make_folders():
    os.umask(0o022)
    os.makedirs(BASE, exist_ok=True)
    os.umask(0o077)
    os.makedirs(JOBS, exist_ok=True)
    os.makedirs(BUNDLES, exist_ok=True)

def put(part, path):
    try:
        os.rename(part, path)
    except OSError:
        shutil.rmtree(part)
        if not os.path.isdir(path):
            raise

def unpack(name, archive):
    if hashlib.sha256(archive).hexdigest()[:16] != name:
        sys.exit(${changeExit.damaged})
    part = tempfile.mkdtemp(prefix=".", dir=BUNDLES)
    subprocess.run(["tar", "--no-same-owner", "-xzf", "-", "-C", part], input=archive, check=True)
    os.sync()
    put(part, BUNDLES + "/" + name)

def prepare(order, folder):
    part = tempfile.mkdtemp(prefix=".", dir=JOBS)
    write(part + "/vars.json", order["vars"])
    write(part + "/run.json", {key: order[key] for key in ("playbook", "bundle", "timeout_minutes")})
    write(part + "/run.py", order["runner"].encode())
    put(part, folder)

def begin(run, folder):
    if os.path.lexists(folder + "/state.json"):
        return
    limits = ["KillMode=control-group", "TimeoutStopSec=20", "OOMPolicy=continue"]
    unit = ["--unit=" + unit_of(run), "--service-type=exec"] + ["--property=" + limit for limit in limits]
    argv = ["systemd-run", "--quiet", "--collect"] + unit + ["/usr/bin/python3", "-I", folder + "/run.py"]
    begun = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True).returncode == 0
    if not begun and not is_active(run) and not os.path.lexists(folder + "/state.json"):
        sys.exit(${changeExit.notStarted})

def start(order, folder, archive):
    make_folders()
    if not os.path.isdir(folder):
        if not os.path.isdir(BUNDLES + "/" + order["bundle"]):
            if not archive:
                sys.exit(${changeExit.noBundle})
            unpack(order["bundle"], archive)
        prepare(order, folder)
    begin(order["run_id"], folder)

def give(order, folder):
    if not os.path.isdir(folder):
        sys.exit(${changeExit.noRun})
    if not os.path.lexists(folder + "/exit"):
        write("%s/given-%d.json" % (folder, order["count"]), order["answer"])

def stop(order, folder):
    if os.path.isdir(folder):
        claim(folder, 0)
        subprocess.run(["systemctl", "stop", "--no-block", unit_of(order["run_id"])], capture_output=True)

order = json.loads(sys.stdin.buffer.readline())
archive = sys.stdin.buffer.read()
folder = JOBS + "/" + order["run_id"]
if order["change"] == "start":
    start(order, folder, archive)
else:
    {"give": give, "stop": stop}[order["change"]](order, folder)
`;

/**
 * One run: the process behind a run's unit. `needrestart` would end it in the middle of an installation, and modules would
 * write their arguments, pre-signed addresses among them, to the journal. Ansible makes files in its own way, so the mask
 * is the usual one. One run at a time: that of a job which has ended may still go on. What others left (old runs, bundles
 * and archives, what a power cut kept from being forgotten) goes at the end.
 */
export const runScript = `${prelude}
import fcntl, shutil, signal, time

WAIT_S = 300
WEEK_S = 7 * 86400
PART_S = 600
folder = os.path.dirname(os.path.abspath(__file__))
order = load(folder + "/run.json")
bundle = BUNDLES + "/" + order["bundle"]
tmp = folder + "/tmp"

def play():
    argv = ["timeout", "--kill-after=30", "%gm" % order["timeout_minutes"], "ansible-playbook", "-i", "localhost,", "-c", "local"]
    argv += ["playbooks/%s.yml" % order["playbook"], "-e", "pressluft_run_dir=" + folder]
    env = {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/root",
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_CONFIG": bundle + "/ansible.cfg",
        "ANSIBLE_HOME": tmp,
        "ANSIBLE_LOCAL_TEMP": tmp,
        "ANSIBLE_REMOTE_TEMP": tmp,
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_NOCOWS": "1",
        "ANSIBLE_RETRY_FILES_ENABLED": "0",
        "ANSIBLE_STDOUT_CALLBACK": "default",
        "ANSIBLE_NO_TARGET_SYSLOG": "1",
        "NEEDRESTART_MODE": "l",
    }
    log = os.open(folder + "/log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(log, "wb") as out:
        return subprocess.run(argv, cwd=bundle, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out).returncode

def take_turn(lock):
    end = time.monotonic() + WAIT_S
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() > end:
                return False
            time.sleep(1)

def age_of(path):
    return time.time() - os.lstat(path).st_mtime

def sweep():
    os.utime(bundle)
    for name in os.listdir(JOBS):
        path = JOBS + "/" + name
        if path == folder:
            continue
        state = load(path + "/state.json") or {}
        if age_of(path) > (PART_S if name.startswith(".") else WEEK_S):
            shutil.rmtree(path, ignore_errors=True)
        elif "boot_id" in state and state["boot_id"] != read_boot_id():
            forget(path)
    for name in os.listdir(BUNDLES):
        path = BUNDLES + "/" + name
        if path != bundle and age_of(path) > (PART_S if name.startswith(".") else WEEK_S):
            shutil.rmtree(path, ignore_errors=True)
    for name in os.listdir(RESTORES) if os.path.isdir(RESTORES) else []:
        if age_of(RESTORES + "/" + name) > WEEK_S:
            shutil.rmtree(RESTORES + "/" + name, ignore_errors=True)

os.umask(0o022)
if not claim(folder, os.getpid()):
    sys.exit(0)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
try:
    os.makedirs(tmp, 0o700, exist_ok=True)
    with open(BASE + "/lock", "a") as lock:
        code = play() if take_turn(lock) else ${busyExit}
finally:
    forget(folder)
    shutil.rmtree(tmp, ignore_errors=True)
write(folder + "/exit", code if code >= 0 else 128 - code)
sweep()
`;
