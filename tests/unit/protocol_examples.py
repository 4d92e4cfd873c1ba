#!/usr/bin/env python3
"""The worked examples of docs/PROTOCOL.md, computed from its words alone, without a line of the project's C.

    protocol_examples.py           compares the document with what comes out here; exit 1 if they differ
    protocol_examples.py --write   puts what comes out here into the document

Needs nothing but Python 3: BLAKE2b is in hashlib, Ed25519 is written out below (RFC 8032, section 5.1; slow, and not for
secrets). tests/unit/test_protocol.c holds the C core against the same document.
"""
import base64
import hashlib
import json
import pathlib
import re
import sys

DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "docs" / "PROTOCOL.md"

# ---- Ed25519 ----

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def recover_x(y, sign):
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    return P - x if x & 1 != sign else x


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = (recover_x(BASE_Y, 0), BASE_Y)


def add(a, b):
    (x1, y1), (x2, y2) = a, b
    product = D * x1 * x2 * y1 * y2 % P
    return ((x1 * y2 + x2 * y1) * pow(1 + product, P - 2, P) % P, (y1 * y2 + x1 * x2) * pow(1 - product, P - 2, P) % P)


def multiply(point, factor):
    result = (0, 1)
    while factor:
        if factor & 1:
            result = add(result, point)
        point = add(point, point)
        factor >>= 1
    return result


def compress(point):
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


class Key:
    def __init__(self, seed):
        digest = hashlib.sha512(seed).digest()
        self.scalar = int.from_bytes(digest[:32], "little") & ((1 << 254) - 8) | (1 << 254)
        self.prefix = digest[32:]
        self.id = compress(multiply(BASE, self.scalar))

    def sign(self, message):
        r = int.from_bytes(hashlib.sha512(self.prefix + message).digest(), "little") % ORDER
        point = compress(multiply(BASE, r))
        k = int.from_bytes(hashlib.sha512(point + self.id + message).digest(), "little") % ORDER
        return point + ((r + k * self.scalar) % ORDER).to_bytes(32, "little")


# ---- The protocol ----


def big(number, size):
    return number.to_bytes(size, "big")


def text64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def network_id(numbers, name=""):
    lines = "".join("%d\n" % number for number in numbers)
    return hashlib.blake2b(b"howcoin network 1\n" + name.encode() + b"\n" + lines.encode(), digest_size=16).digest()


def draw(numbers, owner, number):
    digest = hashlib.blake2b(b"howcoin draw 1\n" + owner + big(number, 8), digest_size=8).digest()
    return numbers[int.from_bytes(digest, "big") % len(numbers)]


def signed_bytes(network, row):
    out = b"howcoin row 1\n" + network + bytes.fromhex(row["id"])
    out += big(row["version"], 8) + big(row["draw"], 8) + big(row["coins"], 8) + big(row.get("left", False), 1)
    for text in (row["addr"].encode(), row["name"].encode()):
        out += big(len(text), 2) + text
    sent = sorted((bytes.fromhex(payee), amount) for payee, amount in row.get("sent", {}).items())
    out += big(len(sent), 4) + b"".join(payee + big(amount, 8) for payee, amount in sent)
    tags = sorted((key.encode(), value.encode()) for key, value in row.get("tags", {}).items())
    packed = b"".join(big(len(key), 1) + key + big(len(value), 2) + value for key, value in tags)
    if packed:
        out += big(1, 1) + big(len(packed), 2) + packed
    if row.get("more"):
        more = canonical(row["more"]).encode()
        out += big(2, 1) + big(len(more), 2) + more
    return out


def canonical(value):
    if isinstance(value, dict):
        members = sorted(value.items(), key=lambda member: member[0].encode())
        return "{" + ",".join(canonical(key) + ":" + canonical(inner) for key, inner in members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(canonical(inner) for inner in value) + "]"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return '"' + "".join("\\u%04x" % ord(c) if ord(c) < 0x20 else c for c in escaped) + '"'
    if isinstance(value, (bool, type(None))):
        return {True: "true", False: "false", None: "null"}[value]
    return "%d" % value


def make_row(key, network, numbers, addr, name, number, version, sent=None, left=False, tags=None, more=None):
    row = {"id": key.id.hex(), "addr": addr, "name": name, "draw": number, "coins": draw(numbers, key.id, number)}
    if sent:
        row["sent"] = dict(sorted(sent.items()))
    if left:
        row["left"] = True
    if tags:
        row["tags"] = dict(sorted(tags.items(), key=lambda tag: tag[0].encode()))
    if more:
        row["more"] = json.loads(canonical(more))
    row["version"] = version
    row["sig"] = text64(key.sign(signed_bytes(network, row)))
    return row


def line(message):
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False)


# ---- Links ----


def blake(data, size):
    return hashlib.blake2b(data, digest_size=size).digest()


def bucket(owner):
    return blake(owner, 32)[0]


def row_hash(network, row):
    return blake(signed_bytes(network, row), 32)


def tree(network, table, with_statuses):
    """The digests of the 256 buckets of a table, a list of rows and whether their owners are live; and the table's."""
    parts = [b""] * 256
    for row, live in sorted(table, key=lambda entry: entry[0]["id"]):
        owner = bytes.fromhex(row["id"])
        parts[bucket(owner)] += row_hash(network, row) + (big(not live, 1) if with_statuses else b"")
    digests = [blake(part, 16) for part in parts]
    return digests, blake(b"".join(digests), 16)


def both_digests(network, table):
    return [text64(tree(network, table, with_statuses)[1]) for with_statuses in (False, True)]


def listed(network, table):
    out = b""
    for row, live in sorted(table, key=lambda entry: entry[0]["id"]):
        out += bytes.fromhex(row["id"])[:8] + row_hash(network, row)[:8] + big(not live, 1)
    return text64(out)


def bitmap(buckets):
    return text64(bytes(sum(1 << b % 8 for b in buckets if b // 8 == byte) for byte in range(32)))


def make_patch(base, row):
    """A row by what differs from another of the same owner."""
    patch = {"id": row["id"][:16], "base": base["version"]}
    if row["version"] != base["version"] + 1:
        patch["version"] = row["version"]
    patch.update({"draw": row["draw"], "coins": row["coins"]})
    before, sent = base.get("sent", {}), {}
    for payee, amount in row.get("sent", {}).items():
        if before.get(payee) != amount:
            sent[payee[:16] if payee in before else payee] = amount
    if sent:
        patch["sent"] = sent
    patch["sig"] = row["sig"]
    return patch


def link_examples(network, numbers, a, b, row, asking, gone):
    """B opens a link to A. B holds C as dropped; A does not know it."""
    out = {}
    table_a = [(row, True), (asking, True)]
    table_b = [*table_a, (gone, False)]
    c = bytes.fromhex(gone["id"])
    (rows, rows_all), (whole, whole_all) = (tree(network, table_b, flag) for flag in (False, True))
    out["digests"] = "\n".join(
        ["%s %d %s %s" % (entry["id"][:16], at, rows[at].hex(), whole[at].hex())
         for entry, _ in sorted(table_b, key=lambda entry: entry[0]["id"]) for at in [bucket(bytes.fromhex(entry["id"]))]]
        + ["empty %s" % blake(b"", 16).hex(), "table %s %s" % (rows_all.hex(), whole_all.hex())])

    nonces = bytes(range(16)), bytes(range(16, 32))
    head = {"howcoin": 1, "type": "hello", "network": network.hex(), "from": b.id.hex(), "nonce": text64(nonces[0]),
            "digests": both_digests(network, table_b), "keep": True, "links": True, "your_version": 1}
    out["hello"] = line(head)
    proven = a.sign(b"howcoin proof 1\n" + network + nonces[0] + b.id)
    out["welcome"] = line({"howcoin": 1, "type": "welcome", "network": network.hex(), "from": a.id.hex(),
                           "nonce": text64(nonces[1]), "proof": text64(proven), "digests": both_digests(network, table_a),
                           "keep": True, "links": True, "your_version": 4})
    ask = {key: value for key, value in head.items() if key not in ("keep", "digests")}
    out["ask"] = line({**ask, "dropped": {"code": "silent", "ago": 12}})
    signed = b"howcoin link 1\n" + network + nonces[0] + nonces[1] + a.id
    out["link-proof-signed"] = wrapped(signed.hex())
    out["proof"] = line({"type": "proof", "proof": text64(b.sign(signed))})
    out["beat"] = line({"type": "beat", "digests": both_digests(network, table_b), "ring": True})
    out["list"] = line({"type": "list", "listed": listed(network, table_b)})
    out["want"] = line({"type": "want", "ids": text64(c[:8])})
    out["owed"] = line({"type": "rows", "dropped": [gone], "ages": [90]})
    out["buckets"] = line({"type": "buckets", "buckets": text64(b"".join(digest[:8] for digest in whole))})
    out["list-of"] = line({"type": "list", "of": bitmap([bucket(c)]), "listed": ""})

    # A pays B twice, and draws.
    second = make_row(a, network, numbers, row["addr"], "", 2, 2, {b.id.hex(): 5})
    third = make_row(a, network, numbers, row["addr"], "", 4, 5, {b.id.hex(): 9, c.hex(): 1})
    out["news"] = line({"type": "news", "patches": [make_patch(row, second)], "verdicts": [[gone["id"][:16], 2, "back"]]})
    out["news-later"] = line({"type": "news", "patches": [make_patch(second, third)]})
    out["patched"] = line(third)
    out["patched-signed"] = wrapped(signed_bytes(network, third).hex())
    out["news-whole"] = line({"type": "news", "verdicts": [[gone["id"][:16], 2, "silent"]], "rows": [row]})
    return out


def wrapped(text):
    return "\n".join(text[at : at + 64] for at in range(0, len(text), 64))


def examples():
    numbers = [10, 20, 30, 115, 7]
    network = network_id(numbers)
    a, b, c, d = (Key(bytes(range(32 * i, 32 * i + 32))) for i in range(4))
    out = {"coins": "# a small coins file\n10\n20\n\n30\n115\n7"}
    out["network"] = network.hex()
    out["network-named"] = network_id(numbers, "test").hex()
    out["id"] = a.id.hex()
    out["draws"] = "\n".join("%d %d" % (number, draw(numbers, a.id, number)) for number in range(1, 9))

    row = make_row(a, network, numbers, "127.0.0.1:8001", "", 1, 1)
    out["row"] = line(row)
    out["row-signed"] = wrapped(signed_bytes(network, row).hex())
    out["row-signature"] = wrapped(bytes(base64.urlsafe_b64decode(row["sig"] + "==")).hex())
    # The same node later: another draw, a name, payments to two others, and a goodbye.
    rich = next(n for n in range(2, 99) if draw(numbers, a.id, n) == 115)
    paid = make_row(a, network, numbers, "[2001:db8::1]:8001", "caf\u00e9 \"1\"", rich, 7, {b.id.hex(): 25, c.id.hex(): 1}, True)
    out["paid"] = line(paid)
    out["paid-signed"] = wrapped(signed_bytes(network, paid).hex())
    spelt = '{ "next": [2, {"b": 1e2, "\\u0061": "\\t\\u00e9"}], "at": null }'
    tagged = make_row(a, network, numbers, "127.0.0.1:8001", "", rich, 9, {b.id.hex(): 25}, False,
                      {"zone": "eu \"1\"", "role": "db", "\u00e9": "", "Role": "x"}, json.loads(spelt))
    out["tagged"] = line({**tagged, "more": "MORE"}).replace('"MORE"', canonical(tagged["more"]))
    out["tagged-signed"] = wrapped(signed_bytes(network, tagged).hex())
    out["more-spelt"] = spelt

    asking = make_row(b, network, numbers, "127.0.0.1:8000", "", 3, 4)
    gone = make_row(c, network, numbers, "127.0.0.1:8002", "", 1, 2)
    nonce = bytes(range(16))
    head = {"howcoin": 1, "type": "gossip", "network": network.hex()}
    out["request"] = line({**head, "from": b.id.hex(), "nonce": text64(nonce), "rows": [asking], "dropped": [gone], "ages": [90]})
    proven = b"howcoin proof 1\n" + network + nonce + b.id
    out["proof-signed"] = wrapped(proven.hex())
    rows = sorted([row, asking], key=lambda r: r["id"])
    out["reply"] = line({**head, "from": a.id.hex(), "proof": text64(a.sign(proven)), "rows": rows, "dropped": [gone], "ages": [92]})
    out["busy"] = line({"howcoin": 1, "type": "error", "code": "busy", "message": "too busy for now", "from": a.id.hex(),
                        "proof": text64(a.sign(proven))})

    first = make_row(d, network, numbers, "127.0.0.1:8003", "", 1, 5, {b.id.hex(): 3})
    second = make_row(d, network, numbers, "127.0.0.1:8003", "", 1, 6, {c.id.hex(): 4})
    out["forks"] = line([[first, second]])
    out.update(link_examples(network, numbers, a, b, row, asking, gone))
    return out


def main():
    text = DOCUMENT.read_text()
    values, used = examples(), set()

    def replace(match):
        used.add(match[2])
        return match[1] + values[match[2]] + "\n```"

    filled = re.sub(r"(<!-- example: ([a-z-]+) -->\n```[a-z]*\n).*?```", replace, text, flags=re.S)
    missing = set(values) - used
    if missing:
        sys.exit("%s: no example %s" % (DOCUMENT, ", ".join(sorted(missing))))
    if "--write" in sys.argv[1:]:
        DOCUMENT.write_text(filled)
    elif filled != text:
        sys.exit("%s differs from what its own words come to: protocol_examples.py --write, then look at the difference" % DOCUMENT)


if __name__ == "__main__":
    main()
