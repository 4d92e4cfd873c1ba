"""Serf for bench/rivals: an agent with default settings, spoken to by its RPC (msgpack over TCP on its own loopback).

A change is a change of the agent's tags: as a howcoin-node's row, and other than a user event, it is state that every
member lists afterwards. The event stream of the RPC holds member events back for one to three seconds in order to join
them, so news is read from the agent's log (RPC command `monitor`), where it stands at once. A log line says whose
tags changed and not to what: it is taken for that member's last change.
"""
import os
import shutil
import struct
import subprocess
import time

from lab import Failed, Missing, Process

PORT, RPC_PORT = 7946, 7373
KINDS = {b"EventMemberJoin": "live", b"EventMemberFailed": "gone", b"EventMemberLeave": "gone", b"EventMemberUpdate": "seen"}


class System:
    name, label, changes_itself = "serf", "Serf", False

    def __init__(self, _):
        self.program = shutil.which("serf")
        if not self.program:
            raise Missing("serf is not installed: apt-get install serf")
        self.changes = {}  # by name, the number of the last one

    def version(self):
        done = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", "serf"], capture_output=True, text=True)
        return done.stdout or subprocess.run([self.program, "version"], capture_output=True, text=True).stdout.split()[0]

    def start(self, machine, contact, _changing, _watched):
        return Node(self, machine, contact)


class Node:
    def __init__(self, system, machine, contact):
        self.system, self.machine, self.name = system, machine, machine.name
        self.control, self.rest = None, b""
        arguments = [system.program, "agent", f"-node={self.name}", f"-bind={machine.address}:{PORT}"]
        if contact:
            arguments.append(f"-join={contact.address}:{PORT}")
        self.process = Process(machine, arguments)

    def connect(self, command, body=None):
        """A connection on which that was asked; the answers to it are still to be read."""
        rpc = self.machine.connect(RPC_PORT)
        rpc.sendall(pack({"Command": "handshake", "Seq": 0}) + pack({"Version": 1})
                    + pack({"Command": command, "Seq": 1}) + (pack(body) if body else b""))
        return rpc

    def ready(self):
        try:
            self.machine.connect(RPC_PORT).close()
        except ConnectionRefusedError:
            return False
        return True

    def live(self):
        with self.connect("members") as rpc:
            data = b""
            while True:
                data += rpc.recv(1 << 20)
                for answer in unpack_all(data)[0]:
                    if b"Members" in answer:
                        return {m[b"Name"].decode() for m in answer[b"Members"] if m[b"Status"] == b"alive"}

    def change(self):
        number = self.system.changes[self.name] = self.system.changes.get(self.name, 0) + 1
        if not self.control:
            self.control = self.connect("stats")
            self.control.setblocking(False)
        at = time.monotonic()
        self.control.send(pack({"Command": "tags", "Seq": number + 1}) + pack({"Tags": {"change": str(number)}}))
        try:
            self.control.recv(1 << 16)  # the answers to earlier ones
        except BlockingIOError:
            pass
        return at, "seen", self.name, number

    def watch(self):
        while not self.process.ended():
            if self.ready():
                self.stream = self.connect("monitor", {"LogLevel": "INFO"})
                self.stream.setblocking(False)
                return self.stream
            time.sleep(0.002)
        raise Failed(self.process.ended())

    def events(self):
        at = time.monotonic()
        answers, self.rest = unpack_all(self.rest + os.read(self.stream.fileno(), 1 << 20))
        for line in (answer[b"Log"] for answer in answers if b"Log" in answer):
            words = line.split()
            kind = KINDS.get(words[4].rstrip(b":")) if len(words) > 5 and words[3] == b"serf:" else None
            if kind:
                name = words[5].decode()
                if kind != "seen":
                    yield at, kind, name, None
                elif name != self.name:  # its own are told by change()
                    yield at, kind, name, self.system.changes.get(name, 0)


# MessagePack, as much of it as Serf's RPC needs.

def pack(value):
    if isinstance(value, dict):
        return bytes([0x80 | len(value)]) + b"".join(pack(key) + pack(value[key]) for key in value)
    if isinstance(value, str):
        data = value.encode()
        return (bytes([0xa0 | len(data)]) if len(data) < 32 else b"\xda" + struct.pack(">H", len(data))) + data
    return b"\xce" + struct.pack(">I", value)


NUMBERS = {0xca: ">f", 0xcb: ">d", 0xcc: ">B", 0xcd: ">H", 0xce: ">I", 0xcf: ">Q", 0xd0: ">b", 0xd1: ">h", 0xd2: ">i", 0xd3: ">q"}
SIZES = {0xc4: ">B", 0xc5: ">H", 0xc6: ">I", 0xd9: ">B", 0xda: ">H", 0xdb: ">I", 0xdc: ">H", 0xdd: ">I", 0xde: ">H", 0xdf: ">I"}


def unpack(data, at):
    """Returns a value, and where it ends; IndexError or struct.error if it has not come as a whole."""
    head, at = data[at], at + 1
    if head < 0x80 or head >= 0xe0:
        return (head if head < 0x80 else head - 256), at
    if head in (0xc0, 0xc2, 0xc3):
        return {0xc0: None, 0xc2: False, 0xc3: True}[head], at
    if head in NUMBERS:
        return struct.unpack_from(NUMBERS[head], data, at)[0], at + struct.calcsize(NUMBERS[head])
    if head in SIZES:
        size, at = struct.unpack_from(SIZES[head], data, at)[0], at + struct.calcsize(SIZES[head])
    else:
        size = head & (0x1f if head >= 0xa0 else 0x0f)
    if head in (0xde, 0xdf) or head < 0x90:
        return unpack_map(data, at, size)
    if head in (0xdc, 0xdd) or head < 0xa0:
        values = []
        for _ in range(size):
            value, at = unpack(data, at)
            values.append(value)
        return values, at
    if at + size > len(data):
        raise IndexError
    return data[at:at + size], at + size


def unpack_map(data, at, size):
    values = {}
    for _ in range(size):
        key, at = unpack(data, at)
        values[key], at = unpack(data, at)
    return values, at


def unpack_all(data):
    """Returns all values that came as a whole, and the rest."""
    values, at = [], 0
    while at < len(data):
        try:
            value, at = unpack(data, at)
        except (IndexError, struct.error):
            break
        values.append(value)
    return values, data[at:]
