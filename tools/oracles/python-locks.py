"""Requirements on standard input (`lock file TAB requirement`), and those of the files named, that can hold on Linux: see python-locks.sh."""

import os
import sys
import tomllib

from packaging.markers import Marker
from packaging.pylock import Pylock
from packaging.requirements import InvalidRequirement, Requirement

ENVIRONMENTS = [
    {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix", "python_version": python, "python_full_version": f"{python}.1"}
    for python in ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
]


def possible(marker: Marker | None) -> bool:
    # What the lock file knows of extras stays open: all of them are asked for.
    return marker is None or any(marker.evaluate({**each, "extra": extra}) for each in ENVIRONMENTS for extra in ("cli", "socks"))


def pinned(requirement: Requirement) -> str:
    (specifier,) = requirement.specifier
    return specifier.version


def rows():
    for line in sys.stdin:
        lock, text = line.rstrip("\n").split("\t", 1)
        if text and not text.startswith("#"):
            yield lock, Requirement(text)
    for path in sys.argv[1:]:
        if path.endswith(".toml"):
            with open(path, "rb") as file:
                for package in Pylock.from_dict(tomllib.load(file)).packages:
                    marker = f"; {package.marker}" if package.marker else ""
                    yield "pylock.toml", Requirement(f"{package.name}=={package.version}{marker}")
        else:
            with open(path, encoding="utf-8") as file:
                for line in file.read().replace("\\\n", " ").split("\n"):
                    try:
                        yield os.path.basename(path), Requirement(line.split(" --hash")[0].strip())
                    except InvalidRequirement:
                        pass


for row in sorted({f"{lock}\t{found.name}\t{pinned(found)}" for lock, found in rows() if possible(found.marker)}):
    print(row)
