#!/usr/bin/env python3
"""A name server for tests, on 127.0.0.1:53 (so in a network of its own): names that begin with "slow" are never answered,
those that begin with "good" are 127.0.0.1, all others do not exist. Prints "ready", then each name that is asked for."""
import ctypes
import signal
import socket
import struct

ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # nothing is left running, even if the test is killed
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
print("ready", flush=True)
while True:
    query, client = server.recvfrom(512)
    at, labels = 12, []
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode())
        at += 1 + query[at]
    kind = struct.unpack(">H", query[at + 1:at + 3])[0]
    print(".".join(labels), flush=True)
    if labels[0].startswith("slow"):
        continue
    good = labels[0].startswith("good")
    answers = int(good and kind == 1)
    header = query[:2] + struct.pack(">HHHHH", 0x8180 if good else 0x8183, 1, answers, 0, 0)
    record = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + bytes([127, 0, 0, 1])
    server.sendto(header + query[12:at + 5] + record * answers, client)
