"""Pairs or ranges on standard input, judged by Conan 2 (`pip install conan`)."""

import re
import sys

from conan.errors import ConanException
from conan.internal.model.version import Version
from conan.internal.model.version_range import VersionRange

# What a reference may be named; the classes read any text. https://docs.conan.io/2/reference/conanfile/attributes.html#version
VERSION = re.compile(r"[0-9A-Za-z_][0-9A-Za-z_.+-]*")


def valid(text: str) -> bool:
    # Conan reads "1.0--1" as a negative number: undetermined here.
    return bool(VERSION.fullmatch(text)) and not re.search(r"-[.-]?-", text)


def order(a: str, b: str) -> str:
    if not (valid(a) and valid(b)):
        return "?"
    x, y = Version(a), Version(b)
    return "<" if x < y else ">" if x > y else "="


def inside(version: str, expression: str) -> str:
    words = expression.replace("||", " ").split(",")[0].split()
    if not valid(version) or not all(valid(re.sub(r"^(>=|<=|[<>=^~])|\*$", "", word) or "0") for word in words):
        return "?"
    try:
        return "yes" if VersionRange(expression).contains(Version(version), resolve_prerelease=True) else "no"
    except (ConanException, IndexError):
        # IndexError: "^0" has no number to raise.
        return "?"


for line in sys.stdin:
    left, right = line.rstrip("\n").split("\t")
    if sys.argv[1] == "pairs":
        print(f"{left} {order(left, right)} {right}")
    else:
        print(f"{left}\t{right}\t{inside(left, right)}")
