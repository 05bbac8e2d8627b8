"""Runs calls of commlog in forks of one process that has the program loaded: the same program, without starting Python anew.

It is started with an open socket as its standard input. A request is JSON (the words, the folder, the environment), sent
with three open files: the standard streams of the call. The answers are the process's id, and later how it ended.
"""

import json
import os
import pkgutil
import socket
import sys
import time
import traceback
import warnings
from importlib import import_module
from typing import Any, NoReturn

import jsonschema_rs  # noqa: F401 - loaded for the calls
import yaml  # noqa: F401

import commlog

MAX_REQUEST = 200_000


def load_program() -> None:
    """Load every module of commlog; what they load when needed is loaded by each call."""
    for module in pkgutil.walk_packages(commlog.__path__, "commlog."):
        if not module.name.endswith("__main__"):
            import_module(module.name)


def run_call(request: dict[str, Any], files: list[int]) -> NoReturn:
    """Be the program from here on: its streams, folder, environment, zone and words."""
    from commlog.cli.main import main

    try:
        for target, file in enumerate(files):
            os.dup2(file, target)
            os.close(file)
        os.chdir(request["folder"])
        os.environ.clear()
        os.environ.update(request["environment"])
        time.tzset()
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - for the life of the process
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False, buffering=1)  # noqa: SIM115
        sys.argv = ["commlog", *request["words"]]
        main()
    except BaseException:  # noqa: BLE001 - told, as Python tells it
        os.write(2, traceback.format_exc().encode())
    os._exit(1)


def serve(requests: socket.socket) -> None:
    """Answer until the other end is closed."""
    while True:
        text, files, _, _ = socket.recv_fds(requests, MAX_REQUEST, 3)
        if not text:
            return
        process = os.fork()
        if process == 0:
            requests.close()
            run_call(json.loads(text), files)
        for file in files:
            os.close(file)
        requests.send(str(process).encode())
        requests.send(str(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])).encode())


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    # Taken off the standard input, which belongs to the calls.
    connection = socket.socket(fileno=os.dup(0))
    load_program()
    serve(connection)
