#!/usr/bin/env python3
"""That the checks of the documents can fail:  test_checks.py HOWCOIN_NODE [ROOT]

Each planted error is put into a copy of the tree, alone; the check that it is for must find it, and must find nothing else
to complain of in the copy as it is.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
COPIED = ("CMakeLists.txt", "LICENSE", "coins.txt", "bench", "docs", "examples", "include", "scripts", "src", "tests")

# Check, file, what is there (a regular expression; its first match), what is put there, what the check must say.
PLANTS = (
    # A citation without a rule: in C, beside one that is fine, in a range, in a script, in a document.
    ("rules", "src/core/table/claims.h", r"\(M4\)", "(M40)", "M40 is cited, and is no rule"),
    ("rules", "src/core/node/members.h", r"P1-P10\b", "P1-P12", "P11 is cited, and is no rule"),
    ("rules", "tests/nodes/test_killed.sh", r"P3, P4, P5", "P3, P4, P55", "P55 is cited, and is no rule"),
    ("rules", "docs/SIMULATOR.md", r"\(L4\)", "(L44)", "L44 is cited, and is no rule"),
    ("rules", "src/core/table/claims.h", r"\(M4\)", "(section 9)", "section 9: of which document?"),
    ("rules", "docs/PROTOCOL.md", r"\(section 8\)", "(section 98)", "docs/PROTOCOL.md has no section 98"),
    # A rule that is not where the index says, is not in it, is stated twice, or has a wrong anchor.
    ("rules", "docs/PROTOCOL.md", r'<a id="m2"></a>\*\*M2\*\*', "", "M2 is said to be stated in PROTOCOL.md#m2"),
    ("rules", "docs/RULES.md", r"\| \[L3\][^\n]*\n", "", "L3 is not listed"),
    ("rules", "docs/STORE.md", r'<a id="s3"></a>\*\*S3\*\*', r'<a id="s4"></a>**S4**', "S4 is stated twice"),
    ("rules", "docs/STORE.md", r'<a id="s2">', '<a id="s9">', "the anchor of S2 is s9"),
    # Form.
    ("form", "docs/STORE.md", r"## What is written", "x " * 60 + "\n\n## What is written", "characters; at most 100"),
    ("form", "README.md", r"\(docs/STORE.md\)", "(docs/SHOP.md)", "docs/SHOP.md leads to no file"),
    ("form", "docs/CONTROL.md", r"\(#the-events\)", "(#events)", "#events leads to no heading"),
    ("form", "docs/RULES.md", r"STORE.md#s3", "STORE.md#s33", "STORE.md#s33 leads to no heading"),
    ("form", "src/core/table/table.c", r"\A", "#include <stdio.h>\n", "does not begin with a comment"),
    # Names: what documents say and the code has not.
    ("names", "docs/CONTROL.md", r"howcoin-node history", "howcoin-node diary", "the subcommand diary is not in the code"),
    ("names", "docs/CONTROL.md", r"--wait-seen 2", "--wait-known 2", "the option --wait-known is not in the code"),
    ("names", "docs/CONTROL.md", r"history --json", "history --agree", "history has no option --agree"),
    ("names", "docs/SIMULATOR.md", r"\| `--stall P`", "| `--sleep P`", "the option --sleep is not in the code"),
    ("names", "docs/CONTROL.md", r"\| `key_reused`", "| `key_again`", "the code key_again is not in the code"),
    ("names", "docs/CONTROL.md", r"\| `twin` \|", "| `double` |", "the event double is not in the code"),
    ("names", "docs/CONTROL.md", r'"command":"seen"', '"command":"held"', "the command held is not in the code"),
    ("names", "docs/CONTROL.md", r"pays coins to a node", "pays", "the command pay is said to do 'pays'"),
    ("names", "docs/CONTROL.md", r"\| `longest_loop_ms` \|", "| `slowest_ms` |", "the key slowest_ms is not in the code"),
    ("names", "docs/SIMULATOR.md", r"\| `heal_s` \|", "| `mend_s` |", "the key mend_s is not in the code"),
    ("names", "docs/PROTOCOL.md", r"\| `reached` \|", "| `met` |", "the key met is read nowhere"),
    ("names", "src/core/wire/wire_keys.h", r'"ages"', '"years"', "the key years is not in docs/PROTOCOL.md"),
    ("names", "docs/CONTROL.md", r"every 10 s", "every 1 s", "but REFUSED_NOTICE_MS is 10000"),
    ("names", "docs/ARCHITECTURE.md", r"`member_hear_age`", "`member_hear_years`", "member_hear_years is nowhere"),
    ("names", "docs/ARCHITECTURE.md", r"`tags.c`", "`labels.c`", "there is no file labels.c"),
    ("names", "src/core/table/merge.c", r" merge_settle ", " merge_settled ", "merge_settled is nowhere in the code"),
    # Names: what the code has and no document says.
    ("names", "docs/CONTROL.md", r"`--alone`", "`--lonely`", "the option --alone is in no document"),
    ("names", "include/howcoin/error.h", r"X\(HC_BUSY,", 'X(HC_LAZY, "lazy", "no") X(HC_BUSY,', "the code lazy is in no document"),
    ("names", "src/daemon/report.c", r'"uptime_ms"', '"awake_ms"', "the key awake_ms is in no document"),
    ("names", "src/daemon/report.c", r'"peers"', '"pears"', "the key pears is in no document"),
    ("names", "src/cli/simulate*.c", r"drop_s", "fall_s", "the key fall_s is in no document"),
)


def run(check, node, root):
    command = [sys.executable, str(HERE / f"check_{check}.py"), *([node] if check == "names" else []), root]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout + done.stderr


def copy(root, to):
    for name in [*COPIED, *(name for name in os.listdir(root) if name.endswith(".md"))]:
        source = os.path.join(root, name)
        if os.path.isdir(source):
            shutil.copytree(source, os.path.join(to, name), ignore=shutil.ignore_patterns("corpus", "__pycache__"))
        elif os.path.exists(source):
            shutil.copy(source, to)


def plant(node, tree, check, path, there, instead, words):
    """What is wrong with the check, or None."""
    holders = [file for file in pathlib.Path(tree).glob(path) if re.search(there, file.read_text(encoding="utf-8"))]
    if len(holders) != 1:
        return f"{len(holders)} files {path} have {there}: give the plant another place"
    file = holders[0]
    whole = file.read_text(encoding="utf-8")
    file.write_text(re.sub(there, lambda found: instead, whole, count=1), encoding="utf-8")
    status, said = run(check, node, tree)
    file.write_text(whole, encoding="utf-8")
    if status != 1 or words not in said:
        return f"{instead[:40]!r} in {path}: expected '{words}', got status {status} and:\n{said}"
    return None


def main():
    node = sys.argv[1]
    root = sys.argv[2] if len(sys.argv) > 2 else str(HERE.parents[1])
    wrong = []
    with tempfile.TemporaryDirectory(prefix="howcoin-docs.") as tree:
        copy(root, tree)
        for check in ("rules", "form", "names"):
            status, _ = run(check, node, tree)
            if status != 0:
                wrong.append(f"check_{check}.py finds something without any plant: see docs.{check}")
        if not wrong:
            wrong = [one for one in (plant(node, tree, *each) for each in PLANTS) if one]
    print("\n".join(wrong) or f"{len(PLANTS)} planted errors, all found")
    sys.exit(1 if wrong else 0)


main()
