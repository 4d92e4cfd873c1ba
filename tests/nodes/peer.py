#!/usr/bin/env python3
"""A second, small implementation of the protocol (docs/PROTOCOL.md), for tests: an honest peer, and a crooked one.

    peer.py network                   the network id
    peer.py id                        the id of the key made from --seed
    peer.py row                       a signed row, made from the options below
    peer.py rows COUNT                a JSON array of COUNT rows, of the keys from --seed on; %d in --addr is the key's number
    peer.py resign                    reads a row, signs it anew with --seed, whatever it says
    peer.py gossip PORT               one exchange with a node; rows to send are a JSON array on standard input (or "")
    peer.py repeat PORT COUNT         that many exchanges, each on a connection of its own; prints one object
    peer.py serve [PORT]              a node that answers, until it is ended; prints {"port","addr","id","row"} first,
                                      then a line for every request

Options: --coins FILE, --network NAME, --seed N (the key's seed: 32 bytes, all of them N; above 255 N in 4 bytes, 8 times); for a
row --addr, --name, --draw, --version, --left, --sent ID=AMOUNT, --tag KEY=VALUE, --more JSON, --coins-value N (instead of those
drawn); for gossip and serve --dropped FILE, --forks FILE (JSON); for gossip --source ADDRESS, to connect from; for serve --mode
honest, bad-proof, other-id, garbage, close, silent or wrong-network.

`gossip` prints {"reply": what came, "checked": null or "ok" or what is wrong with it, "closed": ...}. It checks proof,
signatures and draws. It uses Python's standard library, and libsodium for Ed25519.
"""
import argparse
import base64
import ctypes
import ctypes.util
import hashlib
import json
import os
import signal
import socket
import struct
import sys

sodium = ctypes.CDLL(ctypes.util.find_library("sodium") or "libsodium.so.23")
if sodium.sodium_init() < 0:
    sys.exit("peer.py: libsodium does not start")

SECONDS = 20


class Key:
    def __init__(self, number):
        public, secret = ctypes.create_string_buffer(32), ctypes.create_string_buffer(64)
        seed = bytes([number]) * 32 if number < 256 else struct.pack(">I", number) * 8
        sodium.crypto_sign_seed_keypair(public, secret, seed)
        self.id, self.secret = public.raw, secret.raw

    def sign(self, message):
        signature = ctypes.create_string_buffer(64)
        sodium.crypto_sign_detached(signature, None, message, ctypes.c_ulonglong(len(message)), self.secret)
        return signature.raw


def verify(signature, message, key):
    return sodium.crypto_sign_verify_detached(signature, message, ctypes.c_ulonglong(len(message)), key) == 0


def encode64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def canonical(value):
    if isinstance(value, dict):
        members = sorted(value.items(), key=lambda member: member[0].encode())
        return "{" + ",".join(canonical(key) + ":" + canonical(inner) for key, inner in members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, str):
        value = value.replace("\\", "\\\\").replace('"', '\\"')
        return '"' + "".join(f"\\u{ord(c):04x}" if c < " " else c for c in value) + '"'
    return json.dumps(value)


class Network:
    def __init__(self, file, name):
        with open(file, encoding="utf-8") as lines:
            lines = [line.strip() for line in lines]
        self.numbers = [int(line) for line in lines if line and not line.startswith("#")]
        text = "howcoin network 1\n" + name + "\n" + "".join(f"{number}\n" for number in self.numbers)
        self.id = hashlib.blake2b(text.encode(), digest_size=16).digest()

    def draw(self, owner, draw):
        digest = hashlib.blake2b(b"howcoin draw 1\n" + owner + struct.pack(">Q", draw), digest_size=8).digest()
        return self.numbers[int.from_bytes(digest, "big") % len(self.numbers)]

    def signed_bytes(self, row):
        addr, name, sent = row["addr"].encode(), row["name"].encode(), row.get("sent", {})
        out = b"howcoin row 1\n" + self.id + bytes.fromhex(row["id"])
        out += struct.pack(">QQQB", row["version"], row["draw"], row["coins"], row.get("left", False))
        out += struct.pack(">H", len(addr)) + addr + struct.pack(">H", len(name)) + name
        out += struct.pack(">I", len(sent))
        for payee in sorted(sent):
            out += bytes.fromhex(payee) + struct.pack(">Q", sent[payee])
        tags = sorted((key.encode(), value.encode()) for key, value in row.get("tags", {}).items())
        packed = b"".join(struct.pack(">B", len(key)) + key + struct.pack(">H", len(value)) + value for key, value in tags)
        for section, data in ((1, packed), (2, canonical(row["more"]).encode() if row.get("more") else b"")):
            if data:
                out += struct.pack(">BH", section, len(data)) + data
        return out

    def proof_bytes(self, nonce, requester):
        return b"howcoin proof 1\n" + self.id + nonce + requester

    def problem(self, row):
        """What is wrong with a row; None if nothing is."""
        if not verify(decode64(row["sig"]), self.signed_bytes(row), bytes.fromhex(row["id"])):
            return "its signature is not its owner's"
        if not 1 <= row["draw"] <= row["version"]:
            return "its draw is above its version"
        if row["coins"] != self.draw(bytes.fromhex(row["id"]), row["draw"]):
            return "its coins are not those of its draw"
        return None


def make_row(options, network, key):
    row = {"id": key.id.hex(), "addr": options.addr, "name": options.name, "draw": options.draw,
           "coins": network.draw(key.id, options.draw) if options.coins_value is None else options.coins_value}
    if options.sent:
        row["sent"] = {payee: int(amount) for payee, amount in (one.split("=") for one in options.sent)}
    if options.left:
        row["left"] = True
    if options.tag:
        row["tags"] = dict(one.split("=", 1) for one in options.tag)
    if options.more:
        row["more"] = json.loads(options.more)
    row["version"] = options.version
    row["sig"] = encode64(key.sign(network.signed_bytes(row)))
    return row


def read_line(connection):
    received = b""
    while not received.endswith(b"\n"):
        piece = connection.recv(1 << 20)
        if not piece:
            break
        received += piece
    return received


def body(options, network, key, rows):
    out = {"howcoin": 1, "type": "gossip", "network": network.id.hex(), "from": key.id.hex()}
    for name in ("dropped", "forks"):
        if getattr(options, name):
            with open(getattr(options, name), encoding="utf-8") as file:
                out[name] = json.load(file)
    out["rows"] = rows
    return out


def check_reply(network, key, nonce, reply):
    if reply.get("type") == "error" and "proof" in reply:
        proof, signer = decode64(reply["proof"]), bytes.fromhex(reply["from"])
        return "ok" if verify(proof, network.proof_bytes(nonce, key.id), signer) else "the proof is not valid"
    if reply.get("type") != "gossip":
        return None
    if reply["network"] != network.id.hex():
        return "another network"
    if not verify(decode64(reply["proof"]), network.proof_bytes(nonce, key.id), bytes.fromhex(reply["from"])):
        return "the proof is not valid"
    if reply["from"] not in [row["id"] for row in reply["rows"]]:
        return "the node's own row is not among its rows"
    for row in reply["rows"] + reply.get("dropped", []) + [row for fork in reply.get("forks", []) for row in fork]:
        problem = network.problem(row)
        if problem:
            return f"the row of {row['id'][:8]}: {problem}"
    return "ok"


def exchange(options, network, key, port, rows):
    nonce = os.urandom(16)
    request = body(options, network, key, rows)
    request = {**{name: request[name] for name in request if name != "rows"}, "nonce": encode64(nonce), "rows": rows}
    line, closed = b"", False
    with socket.create_connection(("127.0.0.1", port), SECONDS, (options.source, 0)) as connection:
        try:
            connection.sendall(json.dumps(request).encode() + b"\n")
            line = read_line(connection)
            if line and json.loads(line).get("type") == "error":
                closed = connection.recv(1) == b""
        except ConnectionError:
            closed = True
    if not line:
        return {"reply": None, "checked": None, "closed": True}
    reply = json.loads(line)
    return {"reply": reply, "checked": check_reply(network, key, nonce, reply), "closed": closed}


def rows_from_input():
    text = sys.stdin.read()
    return json.loads(text) if text.strip() else []


def repeat(options, network, key):
    rows, kinds = rows_from_input(), {}
    for _ in range(int(options.arguments[1])):
        result = exchange(options, network, key, int(options.arguments[0]), rows)
        reply = result["reply"] or {"type": "none"}
        kind = reply.get("code", reply["type"])
        kinds[kind] = kinds.get(kind, 0) + 1
    return kinds


def answer(options, network, key, own, line):
    request = json.loads(line)
    if options.mode == "garbage":
        return b"this is no reply\n"
    if request.get("type") != "gossip":  # it speaks the simple form only, and says so
        error = {"howcoin": 1, "type": "error", "code": "bad_frame", "message": "only gossip is spoken here"}
        return json.dumps(error).encode() + b"\n"
    reply = body(options, network, key, [own] + [row for row in request.get("rows", []) if row["id"] != own["id"]])
    signer = Key(255) if options.mode == "bad-proof" else key
    if options.mode == "other-id":
        signer = Key(254)
        reply["from"] = signer.id.hex()
    if options.mode == "wrong-network":
        reply["network"] = "00" * 16
    message = network.proof_bytes(decode64(request["nonce"]), bytes.fromhex(request["from"]))
    reply["proof"] = encode64(signer.sign(message))
    return json.dumps(reply).encode() + b"\n"


def end_with_parent():
    """Leaves nothing running, even if the test is killed."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def serve(options, network, key):
    end_with_parent()
    port = int(options.arguments[0]) if options.arguments else 0
    listener = socket.create_server(("127.0.0.1", port))
    port = listener.getsockname()[1]
    options.addr = f"127.0.0.1:{port}"
    own = make_row(options, network, key)
    print(json.dumps({"port": port, "addr": options.addr, "id": key.id.hex(), "row": own}), flush=True)
    kept = []
    while True:
        connection, _ = listener.accept()
        connection.settimeout(SECONDS)
        try:
            line = read_line(connection)
            if not line:
                connection.close()
                continue
            request = json.loads(line)
            print(json.dumps({"type": request.get("type"), "from": request.get("from"), "rows": len(request.get("rows", []))}),
                  flush=True)
            if options.mode == "silent":
                kept.append(connection)
                continue
            if options.mode != "close":
                connection.sendall(answer(options, network, key, own, line))
        except (OSError, ValueError):
            pass
        connection.close()


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(usage=__doc__, allow_abbrev=False)
    parser.add_argument("command", choices=["network", "id", "row", "rows", "resign", "gossip", "repeat", "serve"])
    parser.add_argument("arguments", nargs="*")
    parser.add_argument("--coins", default=os.environ.get("HOWCOIN_COINS", os.path.join(here, "../../coins.txt")))
    parser.add_argument("--network", default="")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--addr", default="127.0.0.1:9")
    parser.add_argument("--name", default="")
    parser.add_argument("--draw", type=int, default=1)
    parser.add_argument("--version", type=int, default=1)
    parser.add_argument("--coins-value", type=int)
    parser.add_argument("--sent", action="append")
    parser.add_argument("--left", action="store_true")
    parser.add_argument("--tag", action="append")
    parser.add_argument("--more")
    parser.add_argument("--dropped")
    parser.add_argument("--forks")
    parser.add_argument("--mode", default="honest")
    parser.add_argument("--source", default="127.0.0.1")
    options = parser.parse_intermixed_args()
    network, key = Network(options.coins, options.network), Key(options.seed)
    if options.command == "network":
        print(network.id.hex())
    elif options.command == "id":
        print(key.id.hex())
    elif options.command == "row":
        print(json.dumps(make_row(options, network, key)))
    elif options.command == "rows":
        rows, addr = [], options.addr
        for number in range(options.seed, options.seed + int(options.arguments[0])):
            options.addr = addr.replace("%d", str(number))
            rows.append(make_row(options, network, Key(number)))
        print(json.dumps(rows))
    elif options.command == "resign":
        row = json.load(sys.stdin)
        row["sig"] = encode64(key.sign(network.signed_bytes(row)))
        print(json.dumps(row))
    elif options.command == "gossip":
        print(json.dumps(exchange(options, network, key, int(options.arguments[0]), rows_from_input())))
    elif options.command == "repeat":
        print(json.dumps(repeat(options, network, key)))
    else:
        serve(options, network, key)


if __name__ == "__main__":
    main()
