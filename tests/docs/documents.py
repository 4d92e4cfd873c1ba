"""What the checks of the documents share: the project's files, and which parts of them are words for people."""
import io
import os
import re
import sys
import tokenize

SKIPPED = {"build", "corpus", ".git", "__pycache__"}
RULE = re.compile(r'<a id="([a-z])([0-9]+)"></a>\*\*([A-Z][0-9]+)\*\*')


class Findings:
    """What a check found wrong: each a line FILE:LINE: words, so that an editor can go there."""

    def __init__(self):
        self.count = 0

    def add(self, path, line, words):
        self.count += 1
        print(f"{path}:{line}: {words}")

    def end(self):
        sys.exit(1 if self.count else 0)


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        return file.read()


def files(root, *folders):
    """Paths below the folders, or single files, relative to the root."""
    for folder in folders:
        top = os.path.join(root, folder)
        if os.path.isfile(top):
            yield folder
        for directory, below, names in os.walk(top):
            below[:] = sorted(set(below) - SKIPPED)
            for name in sorted(names):
                yield os.path.relpath(os.path.join(directory, name), root)


def documents(root):
    """Every Markdown file: those at the root, and those in the folders."""
    at_root = sorted(name for name in os.listdir(root) if name.endswith(".md"))
    below = [path for path in files(root, "docs", "bench", "examples", "tests") if path.endswith(".md")]
    return at_root + below


def document_lines(text):
    """(number, line, kind) of a document; kind is "text", "table" or "code"."""
    fenced = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("```"):
            fenced = not fenced
            yield number, line, "code"
        elif fenced or line.startswith("    ") and not re.match(r"\s*([-*]|\d+\.) ", line):
            yield number, line, "code"
        else:
            yield number, line, "table" if line.startswith("|") else "text"


def c_comments(text):
    """(line number, comment) of C. Strings are passed over: rows of tests are written as "A2:10 D5"."""
    for found in re.finditer(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', text, re.S):
        if found.group().startswith("/"):
            yield text.count("\n", 0, found.start()) + 1, found.group()


def python_comments(text):
    """The same of Python; strings of several lines are comments."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT or token.type == tokenize.STRING and '"""' in token.string:
            yield token.start[0], token.string


def hash_comments(text):
    """The same of shell and CMake."""
    for number, line in enumerate(text.splitlines(), 1):
        found = re.search(r"(?:^|\s)#(?!!)(.*)", line)
        if found:
            yield number, found.group(1)


def comments(path, text):
    """(line number, words for people) of any file of the project."""
    if path.endswith((".c", ".h")):
        return c_comments(text)
    if path.endswith(".md"):
        return ((number, re.sub(r"`[^`]*`", "", line)) for number, line, kind in document_lines(text) if kind != "code")
    if path.endswith(".py") or text.startswith("#!/usr/bin/env python"):
        return python_comments(text)
    if path.endswith((".sh", "CMakeLists.txt", ".dict")) or text.startswith("#!"):
        return hash_comments(text)
    return ()


def rules(root):
    """{"M6": ("docs/PROTOCOL.md", line)}, and a list of (path, line, words) that is wrong with them."""
    stated, wrong = {}, []
    for path in documents(root):
        for number, line in enumerate(read(root, path).splitlines(), 1):
            for letter, digits, rule in RULE.findall(re.sub(r"`[^`]*`", "", line)):
                if letter.upper() + digits != rule:
                    wrong.append((path, number, f"the anchor of {rule} is {letter}{digits}"))
                if rule in stated:
                    wrong.append((path, number, "{} is stated twice, here and in {}:{}".format(rule, *stated[rule])))
                stated[rule] = path, number
    return stated, wrong
