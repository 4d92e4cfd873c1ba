"""Starting and watching real nodes, for bench/network and bench/leak. Everything started is ended by its pid."""
import atexit
import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def find_program(given):
    for path in (given, os.environ.get("HOWCOIN_NODE"), os.path.join(ROOT, "build/release/howcoin-node")):
        if path:
            if os.access(path, os.X_OK):
                return os.path.abspath(path)
            sys.exit(f"{path} is not there: cmake --preset release && cmake --build --preset release")
    return None


class Bench:
    def __init__(self, program):
        self.program = program
        self.directory = tempfile.mkdtemp(prefix="howcoin-bench.")
        self.environment = dict(os.environ, XDG_STATE_HOME=self.directory, XDG_RUNTIME_DIR=self.directory)
        self.children = []
        atexit.register(self.end)
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: sys.exit(1))

    def spawn(self, *arguments, **options):
        child = subprocess.Popen([self.program, *arguments], stdin=subprocess.DEVNULL, env=self.environment, **options)
        self.children.append(child)
        return child

    def end(self):
        for child in self.children:
            if child.poll() is None:
                child.kill()
        for child in self.children:
            child.wait()
        shutil.rmtree(self.directory, ignore_errors=True)


class Node:
    """A node with default settings, unless options say otherwise; it keeps nothing, and prints its events into a pipe. A
    node never waits for the reader of that pipe."""

    def __init__(self, bench, *options, contact=None):
        self.bench = bench
        arguments = ["--port", "0", "--ephemeral", "--coins", os.path.join(ROOT, "coins.txt"), "--output", "json"]
        if contact:
            arguments += ["--peer", str(contact)]
        read, write = os.pipe()
        before = time.monotonic()
        self.child = bench.spawn(*arguments, *options, stdout=write)
        os.close(write)
        self.pid = self.child.pid
        self.output = open(read, "rb", buffering=0)
        line = b""
        while not line.endswith(b"\n"):
            piece = self.output.read(1)
            if not piece:
                break
            line += piece
        self.start_seconds = time.monotonic() - before
        if not line:
            sys.exit(f"a node did not start: {' '.join(arguments)}")
        self.started = json.loads(line)
        self.id, self.port = self.started["id"], self.started["port"]

    def status(self):
        out = subprocess.run([self.bench.program, "status", "--json", "--port", str(self.port)], check=True,
                             env=self.bench.environment, stdout=subprocess.PIPE).stdout
        return json.loads(out)

    def wait(self, count, seconds, agree=True):
        arguments = ["wait", "--nodes", str(count), "--timeout", str(seconds), "--port", str(self.port)]
        return subprocess.run([self.bench.program, *arguments, *(["--agree"] if agree else [])],
                              env=self.bench.environment, stdout=subprocess.DEVNULL).returncode == 0

    def memory(self, key="Pss"):
        with open(f"/proc/{self.pid}/smaps_rollup", encoding="ascii") as file:
            for line in file:
                if line.startswith(key + ":"):
                    return int(line.split()[1]) * 1024
        return 0

    def cpu_seconds(self):
        with open(f"/proc/{self.pid}/schedstat", encoding="ascii") as file:
            return int(file.read().split()[0]) / 1e9

    def bytes(self):
        """Bytes that it read and wrote: sockets, and what it prints."""
        with open(f"/proc/{self.pid}/io", encoding="ascii") as file:
            counts = dict(line.strip().split(": ") for line in file)
        return int(counts["rchar"]), int(counts["wchar"])


class Streams:
    """The event streams of many nodes, read as they come; every event gets the node's number and the time in seconds."""

    def __init__(self):
        self.selector = selectors.DefaultSelector()
        self.events, self.rests, self.bytes = [], {}, {}

    def add(self, number, node):
        os.set_blocking(node.output.fileno(), False)
        self.rests[number] = b""
        self.bytes[number] = 0
        self.selector.register(node.output, selectors.EVENT_READ, number)

    def run(self, seconds, until=None):
        """Reads for that long, or until until() is true; returns whether it was."""
        deadline = time.monotonic() + seconds
        while True:
            if until and until():
                return True
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            for key, _ in self.selector.select(min(left, 0.2)):
                data = key.fileobj.read(1 << 20)
                if data is None:
                    continue
                if not data:
                    self.selector.unregister(key.fileobj)
                    continue
                self.bytes[key.data] += len(data)
                *lines, self.rests[key.data] = (self.rests[key.data] + data).split(b"\n")
                for line in lines:
                    event = json.loads(line)
                    event["number"], event["at"] = key.data, event["at_ms"] / 1000
                    self.events.append(event)

    def of(self, kind, **wanted):
        return [event for event in self.events
                if event["event"] == kind and all(event.get(key) == value for key, value in wanted.items())]
