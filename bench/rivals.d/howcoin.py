"""howcoin-node for bench/rivals: default settings; it changes by itself, by drawing coins every 8 s."""
import json
import os
import shutil
import socket
import subprocess

from lab import INSIDE, Missing, Process

PORT = 8000
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class System:
    name, label, changes_itself = "howcoin", "howcoin-node", True

    def __init__(self, options):
        self.program = os.path.abspath(options.node or os.path.join(ROOT, "build/release/howcoin-node"))
        self.options = options.node_options
        if not os.access(self.program, os.X_OK):
            raise Missing(f"{self.program} is not there: cmake --preset release && cmake --build --preset release")

    def version(self):
        return subprocess.run([self.program, "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]

    def start(self, machine, contact, changing, watched):
        return Node(self, machine, contact, changing, watched)


class Node:
    def __init__(self, system, machine, contact, changing, watched):
        self.name = f"{machine.address}:{PORT}"
        self.directory = os.path.join(os.environ[INSIDE], machine.name)
        shutil.rmtree(self.directory, ignore_errors=True)
        arguments = [system.program, "--port", str(PORT), "--bind", machine.address, "--data-dir", self.directory,
                     "--coins", os.path.join(ROOT, "coins.txt"), *system.options]
        if contact:
            arguments += ["--peer", f"{contact.address}:{PORT}"]
        if not changing:
            arguments += ["--mutate-interval", "0"]
        if watched:
            arguments += ["--output", "json"]
        self.process = Process(machine, arguments, stdout=subprocess.PIPE if watched else subprocess.DEVNULL)
        self.stream, self.rest = self.process.child.stdout, b""
        self.versions = {}  # by address: what it was seen to list

    def connect(self):
        control = socket.socket(socket.AF_UNIX)
        control.connect(os.path.join(self.directory, "control"))
        return control

    def ready(self):
        try:
            self.connect().close()
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        return True

    def live(self):
        with self.connect() as control:
            control.sendall(b'{"command":"status"}\n')
            status = json.loads(control.makefile("rb").readline())
        return {row["addr"] for row in status["nodes"] if row["status"] == "live"}

    def watch(self):
        """Returns what to select on. A node that is watched from its start prints its events."""
        if not self.stream:
            self.stream = self.connect()
            self.stream.sendall(b'{"command":"watch"}\n')
        os.set_blocking(self.stream.fileno(), False)
        return self.stream

    def events(self):
        data = os.read(self.stream.fileno(), 1 << 20)
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in map(json.loads, lines):
            kind, at = line.get("event"), line.get("at_ms", 0) / 1000
            if kind in ("joined", "returned"):
                yield at, "live", line["addr"], None
            elif kind in ("dropped", "left"):
                yield at, "gone", line["addr"], line.get("message")
            elif kind == "mutated":
                yield from self.seen(at, "seen", line)
            elif kind == "round":  # what was there before, or came with other news than a draw: since when is not told
                for row in line["nodes"]:
                    yield from self.seen(at, "known", row)

    def seen(self, at, what, row):
        if row["version"] > self.versions.get(row["addr"], 0):
            self.versions[row["addr"]] = row["version"]
            yield at, what, row["addr"], row["version"]
