#!/usr/bin/env python3
"""The form of documents:  check_form.py [ROOT]

Lines have at most 100 characters, but for tables, code, and lines that are one long word. Every link leads somewhere: to a
file, to a heading, to an anchor. Every document can be reached from README.md. And every source file begins with a comment
that says what it is for.
"""
import os
import pathlib
import re
import sys

import documents

LINE_MOST = 100
LINK = re.compile(r"\]\(([^()\s]+)\)")


def anchors(text):
    """Of headings, as GitHub makes them, and those that are written out."""
    found = set(re.findall(r'<a id="([^"]+)">', text))
    for number, line, kind in documents.document_lines(text):
        heading = re.match(r"#+ (.*)", line)
        if kind == "text" and heading:
            words = re.sub(r"[^\w\- ]", "", heading.group(1).lower())
            found.add(words.strip().replace(" ", "-"))
    return found


def check_lines(path, text, findings):
    for number, line, kind in documents.document_lines(text):
        if kind == "text" and len(line) > LINE_MOST and " " in line.strip():
            findings.add(path, number, f"{len(line)} characters; at most {LINE_MOST}")
        if line != line.rstrip():
            findings.add(path, number, "a blank at the end")


def check_links(root, path, text, findings):
    """Returns the documents that it links to."""
    reached = set()
    for number, line, kind in documents.document_lines(text):
        for target in LINK.findall(re.sub(r"`[^`]*`", "", line)) if kind != "code" else ():
            if re.match(r"[a-z]+:", target):
                continue
            name, _, anchor = target.partition("#")
            to = os.path.normpath(os.path.join(os.path.dirname(path), name)) if name else path
            if not os.path.exists(os.path.join(root, to)):
                findings.add(path, number, f"{target} leads to no file")
            elif anchor and anchor not in anchors(documents.read(root, to)):
                findings.add(path, number, f"{target} leads to no heading or anchor")
            reached.add(to)
    return reached


def check_beginnings(root, findings):
    for path in documents.files(root, "bench", "examples", "include", "scripts", "src", "tests"):
        if path.endswith((".c", ".h")) and not documents.read(root, path).startswith("/*"):
            findings.add(path, 1, "does not begin with a comment that says what the file is for")


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else str(pathlib.Path(__file__).resolve().parents[2])
    findings = documents.Findings()
    links = {}
    for path in documents.documents(root):
        text = documents.read(root, path)
        check_lines(path, text, findings)
        links[path] = check_links(root, path, text, findings)
    check_beginnings(root, findings)
    reached, ahead = set(), {"README.md"}
    while ahead:
        path = ahead.pop()
        reached.add(path)
        ahead |= links.get(path, set()) - reached
    for path in sorted(set(links) - reached):
        findings.add(path, 1, "no link leads here from README.md")
    print(f"{len(links)} documents, {sum(len(one) for one in links.values())} links")
    findings.end()


main()
