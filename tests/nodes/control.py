#!/usr/bin/env python3
"""A client of the control socket (docs/CONTROL.md), for tests.

    control.py send SOCKET                    sends the lines on standard input, all at once; prints the answers
    control.py many SOCKET COUNT CONNECTIONS TO
                                              pays COUNT times 1 coin to TO on each of the connections, at once, each with a
                                              key of its own; prints {"ok": how many were made, "refused": ..., "versions": ...}
    control.py stream SOCKET TO PREFIX LOG    pays 1 coin to TO again and again, with the keys PREFIX-0, PREFIX-1, ..., some at
                                              once; connects anew when the node goes away, and asks again for what was
                                              not answered. Each key that was answered ok is a line of LOG. On SIGTERM it
                                              waits for the answers that are missing, and ends.
"""
import json
import os
import select
import signal
import socket
import sys
import threading
import time

AHEAD = 20


def connect(path):
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(30)
    client.connect(path)
    return client


def send(path):
    requests = sys.stdin.buffer.read()
    client = connect(path)
    client.sendall(requests)
    answers = client.makefile("rb")
    for _ in range(requests.count(b"\n")):
        sys.stdout.buffer.write(answers.readline())
        sys.stdout.flush()


def many(path, count, connections, to):
    made, refused, versions, lock = [0], [0], set(), threading.Lock()

    def one(number):
        client = connect(path)
        lines = [json.dumps({"command": "pay", "to": to, "amount": 1, "key": f"many-{number}-{n}"}) for n in range(count)]
        client.sendall(("\n".join(lines) + "\n").encode())
        answers = client.makefile()
        for n in range(count):
            answer = json.loads(answers.readline())
            with lock:
                if answer["ok"] and answer["key"] == f"many-{number}-{n}":
                    made[0] += 1
                    versions.add(answer["version"])
                else:
                    refused[0] += 1

    threads = [threading.Thread(target=one, args=(number,)) for number in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps({"ok": made[0], "refused": refused[0], "versions": len(versions)}))


class Stream:
    def __init__(self, path, to, prefix, log):
        self.path, self.to, self.prefix, self.ending, self.next, self.open = path, to, prefix, False, 0, {}
        self.log = open(log, "a", encoding="ascii")
        signal.signal(signal.SIGTERM, self.end)

    def end(self, *_):
        self.ending = True

    def line(self, number):
        return json.dumps({"command": "pay", "to": self.to, "amount": 1, "key": f"{self.prefix}-{number}"}) + "\n"

    def answered(self, answer):
        number = int(answer["key"].rsplit("-", 1)[1])
        if answer["ok"]:
            self.log.write(answer["key"] + "\n")
            self.log.flush()
        elif answer["error"] not in ("leaving", "recovering", "unknown_payee", "store_failed"):
            sys.exit(f"stream {self.prefix}: {answer}")
        else:
            return False
        del self.open[number]
        return True

    def talk(self, client):
        """Until the connection ends, or everything is answered after the client has asked to end."""
        received = b""
        client.sendall("".join(self.line(number) for number in self.open).encode())
        while self.open or not self.ending:
            while len(self.open) < AHEAD and not self.ending:
                number = self.next
                self.next, self.open[number] = number + 1, True
                client.sendall(self.line(number).encode())
            if not select.select([client], [], [], 0.05)[0]:
                continue
            piece = client.recv(65536)
            if not piece:
                return
            *lines, received = (received + piece).split(b"\n")
            for line in lines:
                if not self.answered(json.loads(line)):
                    time.sleep(0.05)
                    return

    def run(self):
        while self.open or not self.ending:
            try:
                with connect(self.path) as client:
                    self.talk(client)
            except OSError:
                time.sleep(0.02)


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    if sys.argv[1] == "send":
        send(sys.argv[2])
    elif sys.argv[1] == "many":
        many(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5])
    else:
        Stream(*sys.argv[2:6]).run()
        os._exit(0)


if __name__ == "__main__":
    main()
