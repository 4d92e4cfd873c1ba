#!/usr/bin/env python3
"""What a program sees of the headers that it includes.

    identifiers.py DIRECTORY      prints "KIND NAME" for everything that the headers in DIRECTORY/howcoin declare or define

KIND is function, hidden (a function that is not HC_API), struct, enum, enumerator, typedef, variable or macro. clang says
what is declared, and the preprocessor which macros are defined, those included that are undefined again: they clash, too.
"""
import json
import pathlib
import re
import subprocess
import sys

KINDS = {"FunctionDecl": "function", "RecordDecl": "struct", "EnumDecl": "enum", "EnumConstantDecl": "enumerator",
         "TypedefDecl": "typedef", "VarDecl": "variable"}


def source(directory):
    headers = sorted(path.name for path in pathlib.Path(directory, "howcoin").glob("*.h"))
    return "".join(f'#include "howcoin/{name}"\n' for name in headers)


def clang(directory, *options):
    return subprocess.run(["clang", "-x", "c", "-std=c11", "-I", directory, *options, "-"], input=source(directory),
                          capture_output=True, check=True, text=True).stdout


class Walk:
    """clang names a file only where it is another one than in the place before, in the order of the text."""

    def __init__(self, directory):
        self.ours = str(pathlib.Path(directory, "howcoin"))
        self.file = ""
        self.found = set()

    def place(self, node):
        if isinstance(node, dict):
            self.file = node.get("file", self.file)
            for key, value in node.items():
                if key != "includedFrom":
                    self.place(value)

    def declaration(self, node):
        self.place(node.get("loc"))
        ours = self.file.startswith(self.ours)
        self.place(node.get("range"))
        inner = node.get("inner", [])
        kind = KINDS.get(node.get("kind"))
        if kind == "function" and not any(child.get("kind") == "VisibilityAttr" for child in inner):
            kind = "hidden"
        if ours and kind and "name" in node:
            self.found.add((kind, node["name"]))
        for child in inner:
            self.declaration(child)


def declared(directory):
    walk = Walk(directory)
    walk.declaration(json.loads(clang(directory, "-fsyntax-only", "-Xclang", "-ast-dump=json")))
    return walk.found


def defined(directory):
    ours, found = False, set()
    for line in clang(directory, "-E", "-dD").splitlines():
        if mark := re.match(r'# \d+ "(.*?)"', line):
            ours = mark[1].startswith(str(pathlib.Path(directory, "howcoin")))
        elif ours and (macro := re.match(r"#define (\w+)", line)):
            found.add(("macro", macro[1]))
    return found


def main():
    for kind, name in sorted(declared(sys.argv[1]) | defined(sys.argv[1])):
        print(kind, name)


if __name__ == "__main__":
    main()
