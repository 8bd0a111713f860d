"""Runs a command and prints one line of JSON: its seconds, its peak memory, its exit status.

    python -S launcher.py TIMEOUT_S COMMAND [ARGUMENT…]

A process of its own: the peak that Linux gives for a child is at least that of the process which
started it, and this one stays small.
"""

import json
import os
import subprocess
import sys
import threading
import time

_UNIT = 1 if sys.platform == "darwin" else 1024


def main() -> None:
    """Wait for the command; its outputs pass through."""
    timeout_s, command = float(sys.argv[1]), sys.argv[2:]
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=sys.stderr)  # noqa: S603 (what the benchmark gives)
    timer = threading.Timer(timeout_s, process.kill)
    timer.daemon = True
    timer.start()
    _, status, usage = os.wait4(process.pid, 0)
    took_s = time.perf_counter() - started
    timer.cancel()
    exit_code = os.waitstatus_to_exitcode(status)
    peak_mib = usage.ru_maxrss * _UNIT / 2**20
    print(json.dumps({"process_s": took_s, "peak_mib": peak_mib, "exit_code": exit_code}))
    sys.stdout.flush()
    os._exit(0)  # the Popen object has not seen its process end


if __name__ == "__main__":
    main()
