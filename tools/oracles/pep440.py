"""Pairs or ranges on standard input, judged by the packaging library (26 or later: see versions/pep440/specifier.ts)."""

import sys

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version


def order(a: str, b: str) -> str:
    try:
        x, y = Version(a), Version(b)
    except InvalidVersion:
        return "?"
    return "<" if x < y else ">" if x > y else "="


def inside(version: str, specifiers: str) -> str:
    try:
        Version(version)
        return "yes" if SpecifierSet(specifiers).contains(version) else "no"
    except (InvalidVersion, InvalidSpecifier):
        return "?"


for line in sys.stdin:
    left, right = line.rstrip("\n").split("\t")
    if sys.argv[1] == "pairs":
        print(f"{left} {order(left, right)} {right}")
    else:
        print(f"{left}\t{right}\t{inside(left, right)}")
