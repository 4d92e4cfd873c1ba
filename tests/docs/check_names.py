#!/usr/bin/env python3
"""Names and numbers in documents and in the code:  check_names.py HOWCOIN_NODE [ROOT]

Whatever a program can rely on is in a document, and what a document promises exists: subcommands, options, commands of the
control socket, events, error codes, JSON keys both ways, and numbers that are bounds in a limits.h. What comments and
documents call by a name of C, or as a file, is there. What the program offers is asked of the program (--help; a running
node) where it can tell, and read from the sources where it cannot.
"""
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

import documents

CONTROL, SIMULATOR, PROTOCOL, STORE = (f"docs/{name}.md" for name in ("CONTROL", "SIMULATOR", "PROTOCOL", "STORE"))

# Document, words with a number in them, the constant, what one of the words' units is in its own.
NUMBERS = (
    (CONTROL, r"at most every (\d+) s\b", "REFUSED_NOTICE_MS", 1000),
    (CONTROL, r"at most (\d+) a minute, and one for all", "STRANGER_NOTICES_MAX", 1),
    (CONTROL, r"at most ([\d,]+) others in its life", "PAYEES_MAX", 1),
    (CONTROL, r"`timeout_ms` too \((\d+);", "CONTROL_WAIT_MS_DEFAULT", 1),
    (CONTROL, r"`timeout_ms` too \(\d+; at most (\d+)\)", "CONTROL_WAIT_MS_MAX", 1),
    (CONTROL, r"most M payments \((\d+) by default", "HISTORY_MOST", 1),
    (CONTROL, r"stops reading from a client that has ([\d,]+) of them", "PAYMENTS_AHEAD_MAX", 1),
    (CONTROL, r"more than (\d+) MiB unread when", "CONTROL_WATCH_BYTES_MAX", 1 << 20),
    (CONTROL, r"A request line has at most (\d+) KiB", "CONTROL_LINE_BYTES_MAX", 1 << 10),
    (CONTROL, r"There are at most (\d+) connections", "CONTROLS_MAX", 1),
    (CONTROL, r"`memo` \(up to (\d+) bytes\)", "PAYMENT_MEMO_BYTES_MAX", 1),
    (CONTROL, r"`key` \(up to (\d+)\)", "PAYMENT_KEY_BYTES_MAX", 1),
    (CONTROL, r"to turn to first; up to (\d+)", "CONTACTS_MAX", 1),
    (PROTOCOL, r"the last (\d+) rows that it forgot", "FORGOTTEN_MAX", 1),
    (PROTOCOL, r"\(this implementation tries ([\d,]+)", "DRAWS_TRIED_MAX", 1),
    (PROTOCOL, r"and at most (\d+) times a minute", "STRANGER_NOTICES_MAX", 1),
    (PROTOCOL, r"of which more than (\d+) rows are to be checked", "CHECKS_A_STEP_MAX", 1),
    (PROTOCOL, r"at once as well, up to (\d+) per round", "INTRODUCTIONS_MAX", 1),
    (PROTOCOL, r"\| connections to a node \| (\d+), of which", "SESSIONS_MAX", 1),
    (PROTOCOL, r"of which (\d+) are kept for addresses", "SESSIONS_KNOWN", 1),
    (PROTOCOL, r"proved who it is; (\d+) from one address", "SESSIONS_PER_ADDRESS_MAX", 1),
    (PROTOCOL, r"\| proofs that go with `busy` \| ([\d,]+) a second", "BUSY_PROOFS_MAX", 1),
    (PROTOCOL, r"\| first byte of a request on a new connection \| (\d+) s", "SESSION_FIRST_BYTE_MS", 1000),
    (PROTOCOL, r"\| a request, from its first byte to its last \| (\d+) s", "SESSION_REQUEST_MS", 1000),
    (PROTOCOL, r"\| an idle connection, after a complete request \| (\d+) s", "SESSION_IDLE_MS", 1000),
    (PROTOCOL, r"\| a reply that is not read \| (\d+) s", "SESSION_REPLY_MS", 1000),
    (STORE, r"together, (\d+) s after the first", "DISK_ROWS_MS", 1000),
    (STORE, r"the last time was at least (\d+) s ago", "DISK_ROWS_ALONG_MS", 1000),
    (SIMULATOR, r"Healing takes at most (\d+) rounds", "STORM_HEAL_ROUNDS", 1),
    (SIMULATOR, r"Within (\d+) rounds \(`STORM_JOIN_ROUNDS`", "STORM_JOIN_ROUNDS", 1),
)

# Keys of objects that a document shows and this program neither reads nor writes: made-up keys of tags, and the like.
FOREIGN_KEYS = {"role", "bad_draw"}
# Codes that only the control socket has.
SOCKET_CODES = {"bad_request"}


def sources(root, *folders):
    return {path: documents.read(root, path) for path in documents.files(root, *folders) if path.endswith((".c", ".h"))}


# ---- What the program offers ----


def help_of(program, *command):
    return subprocess.run([program, *command, "--help"], capture_output=True, text=True, check=True, timeout=60).stdout


def subcommands(program):
    listed = help_of(program).split("\ncommands", 1)[1].split("\n\n", 1)[0]
    return re.findall(r"^  ([a-z]+) ", listed, re.M)


def options_of(text):
    return set(re.findall(r"^ +(?:-\w, )?(--[a-z][a-z-]*)", text, re.M))


def codes(root):
    return set(re.findall(r'\bX\(HC_\w+,[\s\\]*"([a-z_]+)"', documents.read(root, "include/howcoin/error.h")))


def events(root):
    """However the list is written: [HC_NOTICE_LEFT] = "left", or X(HC_NOTICE_LEFT, "left")."""
    named = {}
    for text in sources(root, "src/core", "include").values():
        named.update(re.findall(r'\b(?:HC_)?(NOTICE_[A-Z_]+)\s*(?:\]\s*=|,)[\s\\]*"([a-z_]+)"', text))
    kinds = set()
    for text in sources(root, "include").values():
        kinds |= set(re.findall(r"^\s+(?:X\()?HC_(NOTICE_[A-Z_]+),", text, re.M)) - {"NOTICE_COUNT"}
    return named, kinds


def keys_written(root):
    """Keys that some call adds to an object of JSON, by where it does: json_text(json, to, "addr", ...)."""
    found = {}
    for path, text in sources(root, "src/daemon").items():
        text = re.sub(r"/\*.*?\*/", lambda comment: "\n" * comment.group().count("\n"), text, flags=re.S)
        for call in re.finditer(r'\b(?!json_read)\w*(?:[aA]dd|json)\w*\((?:[^";]*?,)?\s*"([a-z][a-z0-9_]*)"', text):
            found.setdefault(call.group(1), (path, text.count("\n", 0, call.start()) + 1))
    for path, text in sources(root, "src/cli").items():
        if os.path.basename(path).startswith("simulate"):
            for call in re.finditer(r'json_\w+\(\w+, "(\w+)"|\\"([a-z]\w*)\\":', text):
                found.setdefault(call.group(1) or call.group(2), (path, text.count("\n", 0, call.start()) + 1))
    return found


def words_of_code(root):
    """Every word that stands in a string of the code: what a document calls a key must be among them."""
    words = set()
    for text in sources(root, "src", "include").values():
        for string in re.findall(r'"((?:\\.|[^"\\\n])*)"', text):
            words |= set(re.findall(r"[a-z][a-z0-9_]*", string))
    return words


def keys_of(value):
    if isinstance(value, dict):
        for key, below in value.items():
            yield key
            yield from keys_of(below) if key not in ("tags", "refused") else ()
    elif isinstance(value, list):
        for below in value:
            yield from keys_of(below)


class Node:
    """A running one, with a client of its control socket."""

    def __init__(self, program, root, directory):
        self.process = subprocess.Popen(
            [program, "--port", "0", "--data-dir", directory, "--coins", os.path.join(root, "coins.txt"), "--network",
             "docs", "--gossip-interval", "0.05", "--mutate-interval", "0.05", "--output", "json"],
            stdout=subprocess.PIPE, text=True)
        self.path = os.path.join(directory, "control")
        self.seen = [json.loads(self.process.stdout.readline())]

    def ask(self, request):
        deadline = time.monotonic() + 60
        while True:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(60)
                try:
                    client.connect(self.path)
                except OSError:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.05)
                    continue
                client.sendall((json.dumps(request) + "\n").encode())
                return json.loads(client.makefile().readline())

    def watch_for(self, kinds):
        while not kinds <= {event["event"] for event in self.seen}:
            self.seen.append(json.loads(self.process.stdout.readline()))

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()


def ask_node(program, root):
    """The commands that a running node knows, and keys that it writes."""
    with tempfile.TemporaryDirectory(prefix="howcoin-docs.") as directory:
        node = Node(program, root, directory)
        try:
            unknown = node.ask({"command": "?"})["message"]
            commands = set(re.findall(r"[a-z]+", unknown.split("there are", 1)[-1])) if "there are" in unknown else set()
            answers = [node.ask({"command": name}) for name in ("status", "id", "history", "links")]
            answers.append(node.ask({"command": "payee", "to": answers[0]["self"]["id"]}))
            answers.append(node.ask({"command": "why", "of": answers[0]["self"]["id"]}))
            answers.append(node.ask({"command": "tag", "tags": {"role": "db"}}))
            node.watch_for({"started", "round", "mutated", "tagged"})
            return commands, set(keys_of(answers + node.seen))
        finally:
            node.end()


# ---- What the documents say ----


class Text:
    """A document: what it says in tables, in code and between backticks, line by line."""

    def __init__(self, root, path):
        self.path = path
        self.whole = documents.read(root, path)
        self.lines = list(documents.document_lines(self.whole))

    def table(self, *heads):
        """(number, cells) of the rows of all tables of which the first column has one of these heads."""
        inside = False
        for (number, line, kind), (_, after, _) in zip(self.lines, self.lines[1:] + [(0, "", "")]):
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1]]
            if kind != "table":
                inside = False
            elif re.match(r"\|[-:| ]+\|$", after.strip()):
                inside = cells[0] in heads
            elif inside and not re.match(r"\|[-:| ]+\|$", line.strip()):
                yield number, cells

    def names(self, column, *heads):
        """{name: line}: what stands between backticks in a column of these tables."""
        found = {}
        for number, cells in self.table(*heads):
            for name in re.findall(r"`([^`]+)`", cells[column]):
                found.setdefault(name, number)
        return found

    def code(self):
        """(line, text) of all that is code: blocks, and between backticks."""
        for number, line, kind in self.lines:
            if kind == "code":
                yield number, line.split("   # ")[0]
            else:
                yield from ((number, words) for words in re.findall(r"`([^`]+)`", line))


def both_ways(what, in_code, where, findings):
    """`in_code`: a set. `where`: {name: (path, line)}, by the documents."""
    for name in sorted(set(where) - set(in_code)):
        findings.add(*where[name], f"{what} {name} is not in the code")
    for name in sorted(set(in_code) - set(where)):
        findings.add(CONTROL, 1, f"{what} {name} is in no document")


def places(path, names):
    return {name: (path, line) for name, line in names.items()}


def check_commands(program, texts, findings):
    known = set(subcommands(program))
    where = {}
    for text in texts.values():
        for number, code in text.code():
            for name in re.findall(r"\bhowcoin-node ([a-z]+)\b", code):
                where.setdefault(name, (text.path, number))
    for name in texts[CONTROL].names(0, "option"):
        where.pop(name, None)
    if "`run`" in texts[CONTROL].whole:
        where.setdefault("run", (CONTROL, 1))
    both_ways("the subcommand", known, where, findings)
    return known


def options_elsewhere(root):
    """Options of the project's other programs and of the tools that documents name."""
    known = {"--preset", "--build", "--install", "--target", "--args", "--cflags", "--libs", "--modversion"}
    for path in documents.files(root, "scripts", "bench", "examples", "src/sim/main.c", "tests/unit/protocol_examples.py"):
        try:
            known |= set(re.findall(r"--[a-z][a-z-]*", documents.read(root, path)))
        except UnicodeDecodeError:
            pass
    return known


def check_options(program, root, known, texts, findings):
    offered = {name: options_of(help_of(program, name)) for name in known}
    everything, elsewhere = set().union(*offered.values()), options_elsewhere(root)
    said = {}
    for text in texts.values():
        for number, code in text.code():
            for name in re.findall(r"(?<![\w-])--[a-z][a-z-]*", code):
                said.setdefault(name, (text.path, number))
                if name not in everything | elsewhere:
                    findings.add(text.path, number, f"the option {name} is not in the code")
            command = re.match(r"\s*howcoin-node ([a-z]+)\b(.*)", code)
            if command and command.group(1) in offered:
                for name in set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", command.group(2))) - offered[command.group(1)]:
                    findings.add(text.path, number, f"{command.group(1)} has no option {name}")
    for name in sorted(everything - set(said)):
        findings.add(CONTROL, 1, f"the option {name} is in no document")
    for path, head, command in ((CONTROL, "option", "run"), (SIMULATOR, "option", "simulate")):
        listed = {}
        for number, cells in texts[path].table(head):
            listed.update({name: (path, number) for name in re.findall(r"(?<![\w-])--[a-z][a-z-]*", cells[0])})
        both_ways(f"of {command}, the option", offered[command] | {"--help"}, {"--help": (path, 1), **listed}, findings)


def check_codes(root, texts, findings):
    control = texts[CONTROL]
    where = places(CONTROL, control.names(0, "code", "error"))
    for number, line, kind in control.lines:
        if line.startswith("The rest of the list"):
            rest = " ".join(line for _, line, _ in control.lines[number - 1:]).split("). ")[0]
            where.update({name: (CONTROL, number) for name in re.findall(r"`([a-z_]+)`", rest)})
    both_ways("the code", (codes(root) | SOCKET_CODES) - {"ok"}, where, findings)
    for name, number in texts[PROTOCOL].names(0, "code").items():
        if name not in codes(root):
            findings.add(PROTOCOL, number, f"the code {name} is not in the code")


def check_events(root, texts, findings):
    named, kinds = events(root)
    for kind in sorted(kinds - set(named)):
        findings.add("include/howcoin/node.h", 1, f"{kind} has no name that this check can read")
    both_ways("the event", set(named.values()), places(CONTROL, texts[CONTROL].names(0, "event")), findings)


def check_help(root, commands, control, findings):
    """What a command does is said in the words of its line in the table of the code."""
    table = documents.read(root, "src/daemon/control_commands.c")
    words = dict(re.findall(r'\{"([a-z]+)", \w+, (?:true|false), "([^"]*)"\}', table))
    if set(words) != commands:
        findings.add("src/daemon/control_commands.c", 1, "this check cannot read the table of commands any more")
    said = {cells[0].strip("`"): (number, cells[1]) for number, cells in control.table("command")}
    for name in sorted(set(words) | set(said)):
        number, help_words = said.get(name, (1, ""))
        if name not in said:
            findings.add(CONTROL, 1, f"the command {name} is not in the table of commands")
        elif words.get(name) != help_words:
            findings.add(CONTROL, number, f"the command {name} is said to do '{help_words}', in the code '{words.get(name)}'")


def check_keys(program, root, texts, findings):
    words, known = words_of_code(root), set()
    for path in (CONTROL, SIMULATOR, PROTOCOL):
        text = texts[path]
        said = {**text.names(0, "key"), **text.names(2, "event")}
        said = {name.split("[].")[-1].lstrip("."): line for name, line in said.items()}
        for number, code in text.code():
            said.update({key: number for key in re.findall(r'"([a-z][a-z0-9_]*)":', code) if path != PROTOCOL})
        inside = re.findall(r"`([a-z][a-z0-9_]*)`", " ".join(line for _, line, kind in text.lines if kind == "table"))
        known |= set(said) | set(inside)
        for key, number in sorted(said.items()):
            if re.fullmatch(r"[a-z][a-z0-9_]*", key) and key not in words | FOREIGN_KEYS:
                findings.add(path, number, f"the key {key} is not in the code")
    commands, live = ask_node(program, root)
    asked = {}
    for number, code in texts[CONTROL].code():
        asked.update({name: (CONTROL, number) for name in re.findall(r'"command":"([a-z]+)"', code)})
    both_ways("the command", commands, asked, findings)
    check_help(root, commands, texts[CONTROL], findings)
    written = keys_written(root)
    for key in sorted(live - set(written)):
        findings.add("src/daemon", 1, f"a node writes the key {key}; this check does not see where")
    for key in sorted((set(written) | live) - known):
        findings.add(*written.get(key, (CONTROL, 1)), f"the key {key} is in no document")
    return len(written)


def check_identifiers(root, findings):
    """What comments and documents call a name of C, or a file, is one. The last words of a name are enough."""
    texts, names, base = {}, set(), set()
    for path in documents.files(root, "CMakeLists.txt", "bench", "cmake", "examples", "include", "scripts", "src", "tests"):
        base.add(os.path.basename(path))
        names.add(os.path.basename(path).split(".")[0])
        if path.startswith("tests/docs/") or path.endswith(".dict"):
            continue
        try:
            texts[path] = documents.read(root, path)
        except UnicodeDecodeError:
            continue
        code = texts[path]
        if path.endswith((".c", ".h")):
            code = re.sub(r"/\*.*?\*/", " ", code, flags=re.S)
        names |= set(re.findall(r"[A-Za-z_]\w*", code))
    ends = {name[at:] for name in names for at in range(len(name)) if at == 0 or name[at - 1] == "_"}
    words = [(path, *comment) for path, text in texts.items() for comment in documents.comments(path, text)]
    for path in documents.documents(root):
        base.add(os.path.basename(path))
        # In an example of the protocol base64 can look like a name.
        words += [(path, number, re.sub(r'":"[\w-]+"', "", code) if path == PROTOCOL else code)
                  for number, code in Text(root, path).code()]
    for path, number, said in words:
        for name in re.findall(r"(?<![\w/.$<-])(?:[a-z][a-z0-9]*(?:_[a-z0-9]+)+|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\b", said):
            if name not in ends:
                findings.add(path, number, f"{name} is nowhere in the code")
        for name in re.findall(r"(?<![\w*.])[a-z]\w+\.(?:c|h|py|sh)\b(?![(.])", said):
            if name not in base and not (path.endswith(".md") and name == "test_mine.sh"):
                findings.add(path, number, f"there is no file {name}")


def constants(root):
    """The numbers that headers define, without HC_ in front: {"PAYEES_MAX": 512, ...}."""
    found = {}
    for path, text in sources(root, "src", "include").items():
        for name, value in re.findall(r"^#define (\w+) ([^\n]*?)(?:\s*/\*.*)?$", text, re.M):
            value = re.sub(r"UINT64_C\((\w+)\)", r"\1", value)
            value = re.sub(r"\b(\d+)[uUlL]+\b", r"\1", value)
            if re.fullmatch(r"[\d\s()+*<>/-]+", value):
                found[name.removeprefix("HC_")] = eval(value.replace("/", "//"))
    return found


def check_wire(root, texts, findings):
    """The keys that messages and rows are read by: X(KEY_FROM, "from", ...), X(ROW_ADDR, "addr", ...); so are those of patches."""
    said = set(texts[PROTOCOL].names(0, "key")) | {"code", "message"}
    read = {}
    for path, text in sources(root, "src/core").items():
        for name in re.findall(r'\bX\((?:KEY|ROW|PATCH)_\w+,\s*"([a-z_]+)"', text):
            read.setdefault(name, path)
    for name in sorted(set(read) - said):
        findings.add(read[name], 1, f"the key {name} is not in {PROTOCOL}")
    for name in sorted(said - set(read)):
        findings.add(PROTOCOL, 1, f"the key {name} is read nowhere in the code")


def check_numbers(root, texts, findings):
    known = constants(root)
    for path, words, name, unit in NUMBERS:
        found = re.search(words, re.sub(r"\s+", " ", texts[path].whole))
        if name not in known:
            findings.add(path, 1, f"there is no {name}; this check has it as {words!r}")
        elif not found:
            findings.add(path, 1, f"{name} is said nowhere as {words!r}; mend the document or this check")
        else:
            said = int(found.group(1).replace(",", ""))
            if said * unit != known[name]:
                findings.add(path, 1, f"'{found.group()}', but {name} is {known[name]}")


def main():
    program = sys.argv[1]
    root = sys.argv[2] if len(sys.argv) > 2 else str(pathlib.Path(__file__).resolve().parents[2])
    findings = documents.Findings()
    texts = {path: Text(root, path) for path in documents.documents(root)}
    known = check_commands(program, texts, findings)
    check_options(program, root, known, texts, findings)
    check_codes(root, texts, findings)
    check_events(root, texts, findings)
    keys = check_keys(program, root, texts, findings)
    check_wire(root, texts, findings)
    check_numbers(root, texts, findings)
    check_identifiers(root, findings)
    print(f"{len(known)} subcommands, {len(codes(root))} codes, {len(events(root)[0])} events, {keys} keys, "
          f"{len(NUMBERS)} numbers")
    findings.end()


main()
