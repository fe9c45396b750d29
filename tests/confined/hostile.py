"""Workers that do what a parser must not: what a hostile file could make a faulty library do."""

import json
import os
import signal
import sys
import time
from pathlib import Path

from populace.confined import Answer
from populace.errors import DataError, InstrumentError

# loaded before the guard, as a library would be that was written against us
import _socket  # isort: skip
import ctypes  # isort: skip

_LIBC = ctypes.CDLL(None, use_errno=True)
_SOCKET_CALL, _FORK_CALL = _LIBC.socket, _LIBC.fork


def size(path, arguments):
    return {"bytes": len(path.read_bytes()), **arguments}


def table(path, arguments):
    return Answer({"rows": 3}, {"answers": b"abc", "more": b"\0" * 70_000})


def environment(path, arguments):
    return {
        "variables": sorted(os.environ),
        "folder": str(Path.cwd()),
        "modules": sorted(sys.modules),
        "path": sys.path,
    }


def takes_memory(path, arguments):
    return len([bytearray(1 << 20) for _ in range(arguments["megabytes"])])


def takes_time(path, arguments):
    while True:
        pass


def sleeps(path, arguments):
    time.sleep(600)


def forks(path, arguments):
    return os.fork()


def forks_in_c(path, arguments):
    """The number of the error with which the kernel refuses a process to a C library; 0 when it gives one."""
    pid = _FORK_CALL()
    if pid == 0:
        os._exit(0)
    return ctypes.get_errno() if pid < 0 else 0


def starts_a_program(path, arguments):
    import subprocess

    return subprocess.run(["/bin/true"]).returncode


def opens_a_socket(path, arguments):
    return _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM).fileno()


def opens_a_socket_in_c(path, arguments):
    """The number of the error with which the kernel refuses a socket to a C library; 0 when it gives one."""
    return ctypes.get_errno() if _SOCKET_CALL(2, 1, 0) < 0 else 0


def loads_a_library(path, arguments):
    return str(ctypes.CDLL("libm.so.6"))


def goes_on_after_refusal(path, arguments):
    try:
        forks(path, arguments)
    except PermissionError:
        return "went on"


def writes(path, arguments):
    Path(arguments["to"]).write_bytes(b"x" * arguments["bytes"])
    return Path(arguments["to"]).stat().st_size


def removes(path, arguments):
    Path(arguments["other"]).unlink()


def reads(path, arguments):
    return Path(arguments["other"]).read_text()


_OPEN_CALL = _LIBC.open


def reads_in_c(path, arguments):
    """The number of the error with which the kernel refuses a file to a C library; 0 when it gives it."""
    return ctypes.get_errno() if _OPEN_CALL(arguments["other"].encode(), 0) < 0 else 0


def opens_many(path, arguments):
    return len([path.open() for _ in range(arguments["files"])])


def faults(path, arguments):
    import faulthandler

    faulthandler._sigsegv()


def aborts(path, arguments):
    os.abort()


def prints(path, arguments):
    print("words on standard output")
    os.write(1, b"and past Python")
    print("words on standard error", file=sys.stderr)
    return "done"


def says_much(path, arguments):
    return "x" * arguments["bytes"]


def mutters_much(path, arguments):
    for _ in range(300):
        os.write(2, b"nonsense " * 1000)
    os._exit(3)


def writes_nonsense(path, arguments):
    for descriptor in range(3, 40):
        try:
            os.write(descriptor, bytes.fromhex(arguments["hex"]))
        except OSError:
            continue
    os._exit(0)


def says_no_json(path, arguments):
    return {"what": {1, 2}}


def leaves_silently(path, arguments):
    os._exit(0)


def leaves_with_a_code(path, arguments):
    sys.stderr.write("the library says goodbye\n")
    sys.stderr.flush()
    os._exit(7)


def refuses_data(path, arguments):
    raise DataError("panel.sav: column 'q' has 4; expected 1, 2: correct it")


def refuses_instrument(path, arguments):
    raise InstrumentError("q.qsf, block 'B': no question; expected one: add it")


def gives_up(path, arguments):
    raise KeyError("first line\nsecond line")


def recurses(path, arguments):
    return json.loads("[" * 100_000)


def exits(path, arguments):
    sys.exit("no")


def unpickles(path, arguments):
    import pickle

    return pickle.loads(b"cos\nsystem\n.")  # noqa: S301 (to see it refused)


def ends_by_signal(path, arguments):
    signal.raise_signal(signal.SIGKILL)
