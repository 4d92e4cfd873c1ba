#!/usr/bin/env python3
"""Raw connections to a node, for tests: bytes that no honest peer would send.

    wire.py send PORT [REPLIES]       sends standard input as it is, then waits until the node closes, or for REPLIES lines
    wire.py flood PORT MEGABYTES      one line of that size that never ends
    wire.py deep PORT DEPTH           one line of nested brackets
    wire.py drip PORT SECONDS         a byte, and another one every SECONDS, as long as the node takes them
    wire.py hold PORT COUNT [TEXT [SECONDS]]
                                      opens COUNT connections, sends TEXT on each, prints "open" and keeps them until it
                                      is ended; for those that the node closes a new one is opened every SECONDS (0.01)
    wire.py press PORT COUNT SECONDS TEXT ADDRESS...
                                      keeps COUNT connections from each of the (loopback) ADDRESSes, and sends TEXT, a line
                                      without its end, on each of them every SECONDS; prints "open" when it did so on all

All but hold and press print one JSON object: {"reply": the object that came or null, "text": what came, "sent": bytes that the
kernel took, "closed": whether the node closed the connection, "seconds": how long it all took}. Nothing waits for longer
than WIRE_SECONDS (20).
"""
import ctypes
import json
import os
import select
import signal
import socket
import sys
import time

WIRE_SECONDS = float(os.environ.get("WIRE_SECONDS", "20"))


def end_with_parent():
    """Leaves nothing running, even if the test is killed."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def connect(port):
    return socket.create_connection(("127.0.0.1", port), timeout=WIRE_SECONDS)


class Conversation:
    """Sends pieces while the node reads, and collects its answers, until it closes or time is up."""

    def __init__(self, port):
        self.started = time.monotonic()
        self.socket = connect(port)
        self.socket.setblocking(False)
        self.sent, self.received, self.closed = 0, b"", False

    def over(self):
        return self.closed or time.monotonic() - self.started > WIRE_SECONDS

    def listen(self, seconds, writable=False):
        """Takes what has come; returns whether there is room for more bytes. Ends early at a whole reply."""
        readable, room, _ = select.select([self.socket], [self.socket] if writable else [], [], seconds)
        if readable:
            try:
                piece = self.socket.recv(65536)
                self.closed = self.closed or not piece
                self.received += piece
            except ConnectionError:
                self.closed = True
        return bool(room) and not self.closed

    def push(self, piece):
        while piece and not self.over():
            if self.listen(0.5, writable=True):
                try:
                    count = self.socket.send(piece)
                except BlockingIOError:
                    continue
                except ConnectionError:
                    # What the node said before it closed may still be unread.
                    self.listen(0)
                    self.closed = True
                    return
                self.sent += count
                piece = piece[count:]

    def finish(self, replies=None):
        while not self.over() and not (replies and self.received.count(b"\n") >= replies):
            self.listen(0.1)
        reply = None
        try:
            reply = json.loads(self.received.split(b"\n")[0])
        except ValueError:
            pass
        print(json.dumps({
            "reply": reply, "text": self.received[:2000].decode(errors="replace"), "sent": self.sent,
            "closed": self.closed, "seconds": round(time.monotonic() - self.started, 3)}))


def send(port, replies=None):
    talk = Conversation(port)
    talk.push(sys.stdin.buffer.read())
    talk.finish(replies)


def flood(port, megabytes):
    talk = Conversation(port)
    piece = b"[" + b" " * ((1 << 20) - 1)
    for _ in range(megabytes):
        talk.push(piece)
    talk.finish()


def deep(port, depth):
    talk = Conversation(port)
    talk.push(b'{"howcoin":1,"type":"gossip","x":' + b"[" * depth + b"]" * depth + b"}\n")
    talk.finish()


def drip(port, seconds):
    talk = Conversation(port)
    text = b'{"howcoin":1,"type":"gossip","network":"' + b"0" * 4096
    for at in range(len(text)):
        talk.push(text[at:at + 1])
        talk.listen(seconds)
        if talk.over() or b"\n" in talk.received:
            break
    talk.finish()


def hold(port, count, text="", seconds=0.01):
    end_with_parent()
    held = {}

    def open_one():
        try:
            one = connect(port)
            held[one.fileno()] = one
            if text:
                one.sendall(text.encode())
        except OSError:
            pass  # the node closed it at once

    while len(held) < count:
        open_one()
        time.sleep(min(seconds, 0.002))
    print("open", flush=True)
    refill = time.monotonic()
    while True:
        poll = select.poll()
        for number in held:
            poll.register(number, select.POLLIN | select.POLLHUP)
        for number, _ in poll.poll(1000 * seconds):
            one = held[number]
            try:
                alive = one.recv(65536)
            except OSError:
                alive = b""
            if not alive:
                one.close()
                del held[number]
        while len(held) < count and refill <= time.monotonic():
            open_one()
            refill = max(refill + seconds, time.monotonic() - 1)


def press(port, count, seconds, text, *addresses):
    end_with_parent()
    held, poll, line = {}, select.epoll(), text.encode() + b"\n"

    def open_one(address):
        one = socket.socket()
        one.bind((address, 0))
        one.setblocking(False)
        one.connect_ex(("127.0.0.1", port))
        held[one.fileno()] = (one, address)
        poll.register(one.fileno(), select.EPOLLIN)

    def listen(until):
        while time.monotonic() < until:
            for number, _ in poll.poll(max(0, until - time.monotonic())):
                one, address = held[number]
                try:
                    alive = one.recv(65536)
                except OSError:
                    alive = b""
                if not alive:
                    poll.unregister(number)
                    one.close()
                    del held[number]
                    lost.append(address)

    lost, told = [address for address in addresses for _ in range(count)], False
    while True:
        began = time.monotonic()
        for address in lost[:]:
            open_one(address)
        lost.clear()
        for one, _ in held.values():
            try:
                one.send(line)
            except OSError:
                pass
        listen(began + seconds)
        if not told:
            print("open", flush=True)
            told = True


def main():
    commands = {"send": (send, [int, int]), "flood": (flood, [int, int]), "deep": (deep, [int, int]),
                "drip": (drip, [int, float]), "hold": (hold, [int, int, str, float]),
                "press": (press, [int, int, float, str] + [str] * 64)}
    if len(sys.argv) < 3 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    command, kinds = commands[sys.argv[1]]
    command(*[kind(word) for kind, word in zip(kinds, sys.argv[2:])])


if __name__ == "__main__":
    main()
