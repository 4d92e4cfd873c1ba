#!/usr/bin/env python3
"""Rules and their citations:  check_rules.py [ROOT]

A rule is stated where a document has its number in bold behind an anchor of its own; docs/RULES.md lists all of them with
links. A citation is such a number, or a range of them such as M1-M7, in a comment of the code, the tests and the scripts, or
in a document. Fails on a citation without a rule, on an index that is not complete, and on a section that is cited and not
there. Lists the rules that no test names: a range, and the first comment of a C file, name none.
"""
import pathlib
import re
import sys

import documents

CITED = ("CMakeLists.txt", "include", "src", "tests", "bench", "scripts", "examples", "fuzz", "cmake")


def citations(letters, words):
    """(rule, whether it is named by itself) in some words."""
    one = rf"\b[{letters}][1-9][0-9]?\b"
    for found in re.finditer(rf"({one})(?:[-–]({one}))?", words):
        first, last = found.groups()
        if last and last[0] == first[0]:
            for number in range(int(first[1:]), int(last[1:]) + 1):
                yield f"{first[0]}{number}", False
        else:
            for rule in filter(None, (first, last)):
                yield rule, True


def check_index(root, stated, findings):
    path = "docs/RULES.md"
    listed = {}
    for number, line in enumerate(documents.read(root, path).splitlines(), 1):
        found = re.match(r"\| \[([A-Z][0-9]+)\]\(([^)#]*)#([a-z0-9]+)\) \|", line)
        if not found:
            continue
        rule, target, anchor = found.groups()
        if rule in listed:
            findings.add(path, number, f"{rule} is listed twice")
        if rule not in stated or (f"docs/{target}", anchor) != (stated[rule][0], rule.lower()):
            where = stated.get(rule, ("nowhere",))[0]
            findings.add(path, number, f"{rule} is said to be stated in {target}#{anchor}; it is stated in {where}")
        listed[rule] = number
    for rule in sorted(set(stated) - set(listed)):
        findings.add(*stated[rule], f"{rule} is not listed in {path}")


def check_sections(path, line, words, sections, findings):
    """A section is one of an RFC or of PROTOCOL.md, which says so itself only to itself."""
    for found in re.finditer(r"(RFC \d+, |PROTOCOL\.md, |\b)sections? (\d+)", words, re.I):
        named, number = found.groups()
        if named.startswith("RFC"):
            continue
        if not named and path != "docs/PROTOCOL.md":
            findings.add(path, line, f"{found.group()}: of which document?")
        elif number not in sections:
            findings.add(path, line, f"docs/PROTOCOL.md has no section {number}")


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else str(pathlib.Path(__file__).resolve().parents[2])
    findings = documents.Findings()
    stated, wrong = documents.rules(root)
    for place in wrong:
        findings.add(*place)
    if not stated:
        findings.add("docs", 1, "no rule is stated anywhere: this check would find nothing")
        findings.end()
    check_index(root, stated, findings)
    sections = re.findall(r"^## (\d+) ", documents.read(root, "docs/PROTOCOL.md"), re.M)
    letters = "".join(sorted({rule[0] for rule in stated}))
    tested, cited = set(), 0
    for path in [*documents.files(root, *CITED), *documents.documents(root)]:
        if path.startswith("tests/docs/"):
            continue
        try:
            text = documents.read(root, path)
        except UnicodeDecodeError:
            continue
        for place, (line, words) in enumerate(documents.comments(path, text)):
            check_sections(path, line, re.sub(r"\s+\*? *", " ", words), sections, findings)
            for rule, by_itself in citations(letters, words):
                cited += 1
                if rule not in stated:
                    findings.add(path, line, f"{rule} is cited, and is no rule")
                header = place == 0 and path.endswith((".c", ".h"))
                if path.startswith("tests/") and by_itself and not header:
                    tested.add(rule)
    untested = sorted(set(stated) - tested, key=lambda rule: (rule[0], int(rule[1:])))
    print(f"{len(stated)} rules, {cited} citations; no test names {', '.join(untested) or 'none of them'}"
          if untested else f"{len(stated)} rules, {cited} citations, every rule is named by a test")
    findings.end()


main()
