"""memberlist for bench/rivals: memberlist.go, a node with default settings; a change is a change of its metadata."""
import json
import os
import select
import shutil
import subprocess

from lab import INSIDE, Missing, Process

PORT = 7946
GOPATH = "/usr/share/gocode"  # where Debian has Go's libraries as sources
PACKAGE = "golang-github-hashicorp-memberlist-dev"


class System:
    name, label, changes_itself = "memberlist", "memberlist", False

    def __init__(self, _):
        if not shutil.which("go") or not os.path.isdir(f"{GOPATH}/src/github.com/hashicorp/memberlist"):
            raise Missing(f"memberlist is not installed: apt-get install golang-go {PACKAGE} golang-golang-x-sys-dev")
        self.program = os.path.join(os.environ[INSIDE], "memberlist")
        source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "memberlist.go")
        offline = {"GO111MODULE": "off", "GOPATH": GOPATH, "GOCACHE": os.path.join(os.environ[INSIDE], "go")}
        subprocess.run(["go", "build", "-o", self.program, source], env={**os.environ, **offline}, check=True)

    def version(self):
        return subprocess.run(["dpkg-query", "-W", "-f", "${Version}", PACKAGE], capture_output=True, text=True).stdout

    def start(self, machine, contact, _changing, watched):
        return Node(self, machine, contact, watched)


class Node:
    def __init__(self, system, machine, contact, watched):
        self.name, self.number, self.rest = machine.name, 0, b""
        arguments = [system.program, self.name, machine.address]
        if contact:
            arguments.append(f"{contact.address}:{PORT}")
        self.process = Process(machine, arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               env={**os.environ, "WATCH": "1" if watched else "0"})
        self.stream = self.process.child.stdout

    def tell(self, line):
        os.write(self.process.child.stdin.fileno(), line.encode() + b"\n")

    def ready(self):
        return bool(select.select([self.stream], [], [], 0)[0])  # it printed that it started

    def lines(self):
        *lines, self.rest = (self.rest + os.read(self.stream.fileno(), 1 << 20)).split(b"\n")
        return [json.loads(line) for line in lines]

    def live(self):
        self.tell("live")
        while True:
            for line in self.lines():
                if line["event"] == "names":
                    return set(line["names"])

    def change(self):
        self.number += 1
        self.tell(f"change {self.number}")

    def watch(self):
        self.tell("watch")
        return self.stream

    def events(self):
        for line in self.lines():
            if line["event"] in ("live", "gone"):
                yield line["at"], line["event"], line["name"], None
            elif line["event"] == "seen":
                yield line["at"], "seen", line["name"], int(line["meta"])
