#!/usr/bin/env python3
"""Links by a second, small implementation (docs/PROTOCOL.md, part 2), for tests: an honest peer, and crooked ones.

    link_peer.py join PORT            a node that opens one link to that one, listens to what it says there, and answers asks;
                                      until it is ended. A line of standard input PAYEE=AMOUNT makes it pay: a new version
    link_peer.py crooked PORT WHAT    opens a link and does this on it; prints what came of it:
                                          garbage, large, false-proof, wrong-place, flood, deaf
    link_peer.py many PORT COUNT      opens COUNT links, each of another id, and keeps them for --seconds; prints
                                      {"links": how many, "busy": how many}

`join` prints a line of JSON for all that happens: {"says": type, ...} for each message, {"row": id, "version", "coins", "by":
"patch" or "rows"} for each row that it took in, {"same": whether the node tells its table} at each beat.

Options are those of peer.py, and --seconds N: how long `crooked` and `many` last.
"""
import argparse
import hashlib
import json
import os
import select
import socket
import sys
import threading
import time

from peer import Key, Network, decode64, encode64, end_with_parent, make_row, verify

SECONDS = 20


def blake(data, size):
    return hashlib.blake2b(data, digest_size=size).digest()


class Table:
    """The rows that a node holds, by id; all owners count as live until a verdict or a list says otherwise."""

    def __init__(self, network, own):
        self.network, self.rows, self.gone = network, {}, set()
        self.put(own)

    def put(self, row):
        """Whether the row is new here. It must be valid."""
        problem = self.network.problem(row)
        if problem:
            raise ValueError(f"the row of {row['id'][:8]}: {problem}")
        known = self.rows.get(row["id"])
        if known and known["version"] >= row["version"]:
            return False
        self.rows[row["id"]] = row
        return True

    def hash(self, owner):
        return blake(self.network.signed_bytes(self.rows[owner]), 32)

    def digests(self):
        """K6: of the rows, and of rows and statuses."""
        trees = []
        for whole in (False, True):
            buckets = [b""] * 256
            for owner in sorted(self.rows):
                status = bytes([owner in self.gone]) if whole else b""
                buckets[blake(bytes.fromhex(owner), 32)[0]] += self.hash(owner) + status
            trees.append(blake(b"".join(blake(bucket, 16) for bucket in buckets), 16))
        return [encode64(tree) for tree in trees]

    def named(self, short):
        """Ids that begin with these 16 digits."""
        return [owner for owner in self.rows if owner.startswith(short)]

    def patched(self, patch):
        """K5: the rows that come of a patch; none if its base is not here."""
        made = []
        for owner in self.named(patch["id"]):
            base = self.rows[owner]
            if base["version"] != patch["base"]:
                continue
            row = dict(base, version=patch.get("version", patch["base"] + 1), draw=patch["draw"], coins=patch["coins"],
                       sig=patch["sig"])
            row.pop("left", None)
            if patch.get("left"):
                row["left"] = True
            sent = dict(base.get("sent", {}))
            for payee, amount in patch.get("sent", {}).items():
                whole = [payee] if len(payee) == 64 else [id for id in sent if id.startswith(payee)]
                sent.update({id: amount for id in whole})
            if sent:
                row["sent"] = sent
            made.append(row)
        return made


class Link:
    """One link: lines in, lines out."""

    def __init__(self, connection):
        self.socket, self.received = connection, b""

    def say(self, message):
        self.socket.sendall(json.dumps(message, separators=(",", ":")).encode() + b"\n")

    def take(self, seconds=SECONDS):
        """The next message; None at the end of the link. TimeoutError: nothing came."""
        self.socket.settimeout(seconds)
        while b"\n" not in self.received:
            try:
                piece = self.socket.recv(1 << 20)
            except ConnectionError:
                return None
            if not piece:
                return None
            self.received += piece
        line, self.received = self.received.split(b"\n", 1)
        return json.loads(line)


def greeting(kind, network, key, digests=None):
    out = {"howcoin": 1, "type": kind, "network": network.id.hex(), "from": key.id.hex(), "links": True}
    if digests:
        out["digests"] = digests
    return out


def open_link(network, key, port, digests=None, false=False):
    """Opens one as K2 says: the link, and the welcome, which may be an error."""
    link = Link(socket.create_connection(("127.0.0.1", port), SECONDS))
    nonce = os.urandom(16)
    link.say({**greeting("hello", network, key, digests), "keep": True, "nonce": encode64(nonce)})
    welcome = link.take()
    if not welcome or welcome["type"] != "welcome":
        return link, welcome
    server = bytes.fromhex(welcome["from"])
    if not verify(decode64(welcome["proof"]), network.proof_bytes(nonce, key.id), server):
        raise ValueError("the proof of the welcome is not valid")
    if welcome.get("keep"):
        signed = b"howcoin link 1\n" + network.id + nonce + decode64(welcome["nonce"]) + server
        signer = Key(254) if false else key
        link.say({"type": "proof", "proof": encode64(signer.sign(signed))})
    return link, welcome


def answer_asks(listener, network, key, table):
    """K2, K8: whoever asks is told that this node lives. It takes no links, and the simple form is `busy`."""
    while True:
        connection, _ = listener.accept()
        try:
            link = Link(connection)
            hello = link.take()
            if hello and hello["type"] == "hello":
                welcome = greeting("welcome", network, key, table.digests())
                asked = network.proof_bytes(decode64(hello["nonce"]), bytes.fromhex(hello["from"]))
                link.say({**welcome, "proof": encode64(key.sign(asked))})
            elif hello:
                link.say({"howcoin": 1, "type": "error", "code": "busy"})
        except (OSError, ValueError, KeyError):
            pass
        connection.close()


def tell(**what):
    print(json.dumps(what), flush=True)


class Joiner:
    """A node with one link."""

    def __init__(self, options, network, key):
        self.options, self.network, self.key = options, network, key
        listener = socket.create_server(("127.0.0.1", 0))
        options.addr = "127.0.0.1:%d" % listener.getsockname()[1]
        self.own = make_row(options, network, key)
        self.table, self.owed = Table(network, self.own), []
        threading.Thread(target=answer_asks, args=(listener, network, key, self.table), daemon=True).start()
        self.link, welcome = open_link(network, key, int(options.arguments[0]), self.table.digests())
        if welcome["type"] != "welcome" or not welcome.get("keep"):
            sys.exit(f"link_peer.py: no link: {welcome}")
        tell(id=key.id.hex(), addr=options.addr, server=welcome["from"])
        if welcome.get("digests") != self.table.digests():
            self.link.say(self.list())

    def list(self):
        """K7: everything that this node holds."""
        listed = b"".join(bytes.fromhex(owner)[:8] + self.table.hash(owner)[:8] + bytes([owner in self.table.gone])
                          for owner in sorted(self.table.rows))
        return {"type": "list", "listed": encode64(listed)}

    def beat(self):
        return {"type": "beat", "digests": self.table.digests()}

    def take_rows(self, message, by):
        for row in message.get("rows", []) + message.get("dropped", []):
            if self.table.put(row):
                tell(row=row["id"], version=row["version"], coins=row["coins"], by=by)
        self.table.gone -= {row["id"] for row in message.get("rows", [])}
        self.table.gone |= {row["id"] for row in message.get("dropped", [])}

    def take_news(self, news):
        wanted = b""
        for patch in news.get("patches", []):
            rows = self.table.patched(patch)
            for row in rows:
                if self.table.put(row):
                    tell(row=row["id"], version=row["version"], coins=row["coins"], by="patch")
            known = [self.table.rows[owner]["version"] for owner in self.table.named(patch["id"])]
            if not known or max(known) < patch.get("version", patch["base"] + 1):
                wanted += bytes.fromhex(patch["id"])
        self.take_rows(news, "news")
        for short, version, reason in news.get("verdicts", []):
            for owner in self.table.named(short):
                (self.table.gone.discard if reason == "back" else self.table.gone.add)(owner)
        if wanted:
            self.link.say({"type": "want", "ids": encode64(wanted)})

    def take_list(self, message):
        """Asks for what is listed and not here, and owes what is here and not listed."""
        listed, covered, wanted = decode64(message["listed"]), decode64(message["of"]) if "of" in message else b"\xff" * 32, b""
        named = {}
        for at in range(0, len(listed), 17):
            named[listed[at:at + 8].hex()] = listed[at + 8:at + 17]
        for short, rest in named.items():
            same = any(self.table.hash(owner)[:8] == rest[:8] for owner in self.table.named(short))
            if not same and not rest[8] & 2:
                wanted += bytes.fromhex(short)
        for owner in self.table.rows:
            bucket = blake(bytes.fromhex(owner), 32)[0]
            rest = named.get(owner[:16])
            if covered[bucket // 8] >> bucket % 8 & 1 and (not rest or rest[:8] != self.table.hash(owner)[:8]):
                self.owed.append(self.table.rows[owner])
        if wanted:
            self.link.say({"type": "want", "ids": encode64(wanted)})
        self.send_owed()

    def send_owed(self):
        if not self.owed:
            self.link.say(self.beat())
            return
        part, self.owed = self.owed[:20], self.owed[20:]
        live = [row for row in part if row["id"] not in self.table.gone]
        gone = [row for row in part if row["id"] in self.table.gone]
        self.link.say({"type": "rows", **({"rows": live} if live else {}),
                       **({"dropped": gone, "ages": [60] * len(gone)} if gone else {})})

    def take(self, message):
        kind = message["type"]
        tell(says=kind, **({"patches": len(message.get("patches", []))} if kind == "news" else {}))
        if kind == "beat":
            if "digests" in message:
                self.told = message["digests"]
            self.link.say(self.beat()) if not self.asked else None
            self.asked = False
            tell(same=self.told == self.table.digests())
        elif kind == "news":
            self.take_news(message)
        elif kind == "rows":
            self.take_rows(message, "rows")
            self.link.say({"type": "took"})
        elif kind == "list":
            self.take_list(message)
        elif kind == "want":
            ids = decode64(message["ids"])
            for at in range(0, len(ids), 8):
                self.owed += [self.table.rows[owner] for owner in self.table.named(ids[at:at + 8].hex())]
            self.send_owed()
        elif kind == "took":
            self.send_owed()

    told, asked = None, False

    def pay(self, line):
        payee, amount = line.strip().split("=")
        before = self.table.rows[self.key.id.hex()]
        row = dict(before, version=before["version"] + 1, sent={**before.get("sent", {}), payee: int(amount)})
        row["sig"] = encode64(self.key.sign(self.network.signed_bytes(row)))
        self.table.put(row)
        short = payee[:16] if payee in before.get("sent", {}) else payee
        self.link.say({"type": "news", "patches": [{
            "id": row["id"][:16], "base": before["version"], "draw": row["draw"], "coins": row["coins"],
            "sent": {short: int(amount)}, "sig": row["sig"]}]})

    def run(self):
        next_beat, inputs = time.monotonic() + 1, [self.link.socket, sys.stdin]
        while True:
            ready = select.select(inputs, [], [], max(0, next_beat - time.monotonic()))[0]
            if sys.stdin in ready:
                line = sys.stdin.readline()
                self.pay(line) if line else inputs.remove(sys.stdin)
            while self.link.socket in ready or b"\n" in self.link.received:
                message = self.link.take()
                if not message:
                    tell(ended=True)
                    return
                self.take(message)
                ready = [one for one in ready if one is not self.link.socket]
            if time.monotonic() >= next_beat:
                next_beat += 1
                self.asked = True
                self.link.say(self.beat())


def crooked(options, network, key):
    """What comes of it: the last error, whether the node closed, and how much it took."""
    what, sent, error, closed = options.arguments[1], 0, None, False
    link, welcome = open_link(network, key, int(options.arguments[0]), false=what == "false-proof")
    pieces = {"garbage": [b"this is no message\n"], "large": [b'{"type":"beat","x":"' + b"x" * 300000 + b'"}\n'],
              "false-proof": [], "wrong-place": [b'{"type":"proof","proof":"' + b"A" * 86 + b'"}\n'],
              "flood": [b'{"type":"beat"}\n' * 1000] * 1000000, "deaf": [b'{"type":"beat"}\n' * 100] * 1000000}[what]
    until = time.monotonic() + options.seconds
    link.socket.setblocking(False)
    while time.monotonic() < until and not closed:
        can_read, can_write, _ = select.select([] if what == "deaf" else [link.socket], [link.socket] if pieces else [], [], 0.05)
        try:
            if can_read:
                piece = link.socket.recv(1 << 20)
                closed, link.received = not piece, (link.received + piece)[-4096:]
            if can_write and not closed:
                count = link.socket.send(pieces[0])
                sent += count
                pieces = ([pieces[0][count:]] if count < len(pieces[0]) else []) + pieces[1:]
        except BlockingIOError:
            pass
        except ConnectionError:
            closed = True
    for line in link.received.split(b"\n"):
        try:
            error = json.loads(line)["code"]
        except (ValueError, KeyError, TypeError):
            pass
    tell(welcome=welcome["type"], error=error, closed=closed, sent=sent)


def many(options, network, key):
    links, kinds = [], {"links": 0, "busy": 0}
    for number in range(int(options.arguments[1])):
        link, welcome = open_link(network, Key(1000 + number), int(options.arguments[0]))
        links.append(link)
        if welcome and (welcome["type"] == "welcome" or welcome.get("code") == "busy"):
            kinds["links" if welcome["type"] == "welcome" else "busy"] += 1
    tell(**kinds)
    time.sleep(options.seconds)


def main():
    parser = argparse.ArgumentParser(usage=__doc__, allow_abbrev=False)
    parser.add_argument("command", choices=["join", "crooked", "many"])
    parser.add_argument("arguments", nargs="*")
    parser.add_argument("--coins", default=os.environ.get("HOWCOIN_COINS"))
    parser.add_argument("--network", default="")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=5)
    options = parser.parse_args()
    for name, value in {"name": "", "draw": 1, "version": 1, "coins_value": None, "sent": None, "left": False, "tag": None,
                        "more": None}.items():
        setattr(options, name, value)
    network, key = Network(options.coins, options.network), Key(options.seed)
    end_with_parent()
    if options.command == "join":
        Joiner(options, network, key).run()
    elif options.command == "crooked":
        crooked(options, network, key)
    else:
        many(options, network, key)


if __name__ == "__main__":
    main()
