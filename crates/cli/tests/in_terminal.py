"""Runs a program in a terminal of its own and tells how it left it, as one JSON object.

usage: in_terminal.py ROWSxCOLUMNS STEP... -- PROGRAM ARGUMENT...
A step is wait:TEXT (that was not yet waited for), key:TEXT, signal:NUMBER, size:ROWSxCOLUMNS or
hangup.
"""

import fcntl
import json
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time

PATIENCE = 60


def resize(terminal, text):
    rows, columns = map(int, text.split("x"))
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def own_terminal():
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Run:
    def __init__(self, size, program):
        self.ours, self.theirs = pty.openpty()
        resize(self.theirs, size)
        self.before = termios.tcgetattr(self.theirs)
        self.seen, self.waited, self.raw = b"", 0, False
        ends = {"stdin": self.theirs, "stdout": self.theirs, "stderr": self.theirs}
        self.child = subprocess.Popen(program, preexec_fn=own_terminal, **ends)

    def read(self, until):
        """Reads until this is true, or the program has ended and said all."""
        end = time.monotonic() + PATIENCE
        while not until():
            ended = self.child.poll() is not None
            if select.select([self.ours], [], [], 0.1)[0]:
                self.seen += os.read(self.ours, 65536)
            elif ended:
                return
            if time.monotonic() > end:
                self.child.kill()
                sys.exit(f"waited in vain: {self.seen[-4000:]!r}")

    def wait(self, text):
        text = text.encode()
        self.read(lambda: text in self.seen[self.waited :])
        if text not in self.seen[self.waited :]:
            sys.exit(f"ended before {text!r}: {self.seen[-4000:]!r}")
        self.waited = self.seen.index(text, self.waited) + len(text)
        self.raw = self.raw or termios.tcgetattr(self.theirs) != self.before

    def step(self, kind, what):
        if kind == "wait":
            self.wait(what)
        elif kind == "key":
            os.write(self.ours, what.encode().decode("unicode_escape").encode("latin-1"))
        elif kind == "signal":
            self.child.send_signal(int(what))
        elif kind == "size":
            resize(self.theirs, what)
        elif kind == "hangup":
            os.close(self.theirs)
            os.close(self.ours)
        else:
            sys.exit(f"no such step: {kind}")

    def end(self):
        self.read(lambda: False)
        return {
            "code": self.child.wait(PATIENCE),
            "raw": self.raw,
            "restored": termios.tcgetattr(self.theirs) == self.before,
            "seen": self.seen.decode("utf-8", "replace"),
        }


split = sys.argv.index("--")
steps = [step.partition(":")[::2] for step in sys.argv[2:split]]
run = Run(sys.argv[1], sys.argv[split + 1 :])
for kind, what in steps:
    run.step(kind, what)
hung_up = ("hangup", "") in steps
print(json.dumps({"code": run.child.wait(PATIENCE)} if hung_up else run.end()))
