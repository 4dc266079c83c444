#!/usr/bin/env python3
"""Fills an AppDir with what the programs in its usr/bin need: libraries, plugins and QML modules of Qt, licences.

    bundle.py APPDIR QML_SOURCES

libraries.txt says which libraries are left to the system, qt.txt which parts of Qt are opened by name.
"""

import fnmatch
import json
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
HOWS = ("host", "fallback", "opened")


def run(*command):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout


def rows(name):
    """The lines of a list: its first two words and the reason after them."""
    for line in (HERE / name).read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            first, second, reason = line.split(None, 2)
            yield first, second, reason


class Libraries:
    """The closure of what the files given to `need` are linked with, each library with its place in the AppDir."""

    def __init__(self):
        self.rules = [(how, pattern) for how, pattern, _ in rows("libraries.txt")]
        self.found = {}  # soname: (how, path on this system)

    def how(self, soname):
        for how, pattern in self.rules:
            if fnmatch.fnmatchcase(soname, pattern):
                return "fallback" if how == "opened" else how
        return "bundle"

    def need(self, file):
        for line in run("ldd", file).splitlines():
            soname, arrow, target = line.strip().partition(" => ")
            if not arrow:
                continue  # the loader and what the kernel provides
            path = target.rsplit(" (", 1)[0]
            if path == "not found":
                sys.exit(f"bundle.py: {file} needs {soname}, which is not installed here.")
            self.found.setdefault(soname, (self.how(soname), pathlib.Path(path)))

    def need_opened(self):
        for how, soname in self.rules:
            if how != "opened":
                continue
            lines = [line for line in run("/sbin/ldconfig", "-p").splitlines() if line.split()[0] == soname]
            if not lines:
                sys.exit(f"bundle.py: {soname} (libraries.txt) is not installed here.")
            path = pathlib.Path(lines[0].split(" => ")[1])
            self.found[soname] = ("fallback", path)
            self.need(path)


def copy(source, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)
    target.chmod(0o755)
    return target


def module_folders(qml_sources, qml_root):
    """The folders of the QML modules that are needed, relative to `qml_root`."""
    scanner = pathlib.Path(run("qmake6", "-query", "QT_INSTALL_LIBEXECS").strip()) / "qmlimportscanner"
    entries = json.loads(run(scanner, "-rootPath", qml_sources, "-importPath", qml_root))
    folders = {entry["relativePath"] for entry in entries if entry.get("path")}
    return sorted(folders | {path for kind, path, _ in rows("qt.txt") if kind == "module"})


def copy_module(source, target):
    """Copies a module without the modules that lie in folders below it."""
    for entry in sorted(source.iterdir()):
        if entry.is_file() and entry.suffix not in (".qmltypes",):
            copy(entry, target / entry.name).chmod(0o755 if entry.suffix == ".so" else 0o644)
        elif entry.is_dir() and not (entry / "qmldir").exists() and entry.name != "designer":
            shutil.copytree(entry, target / entry.name, dirs_exist_ok=True)


def copy_qt(usr, qml_sources):
    plugins = pathlib.Path(run("qmake6", "-query", "QT_INSTALL_PLUGINS").strip())
    modules = pathlib.Path(run("qmake6", "-query", "QT_INSTALL_QML").strip())
    for kind, path, _ in rows("qt.txt"):
        if kind == "plugin":
            copy(plugins / path, usr / "plugins" / path)
    for folder in module_folders(qml_sources, modules):
        copy_module(modules / folder, usr / "qml" / folder)
    (usr / "bin/qt.conf").write_text("[Paths]\nPrefix = ..\nPlugins = plugins\nQmlImports = qml\nQml2Imports = qml\n")


def is_elf(path):
    with open(path, "rb") as file:
        return file.read(4) == b"\x7fELF"


def package_of(path):
    """The Debian package that a file came with, or None."""
    real = str(path.resolve())
    # Files of packages that still say /lib are found in /usr/lib.
    for name in (real, real.removeprefix("/usr")):
        answer = subprocess.run(["dpkg", "-S", name], capture_output=True, text=True)
        if answer.returncode == 0:
            return answer.stdout.split(":", 1)[0].split(",")[0]
    return None


def copy_licences(usr, sources):
    missing = []
    for source in sources:
        package = package_of(source)
        licence = pathlib.Path(f"/usr/share/doc/{package}/copyright")
        if package is None or not licence.exists():
            missing.append(str(source))
            continue
        target = usr / "share/doc/kinglet/third-party" / package / "copyright"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(licence, target)
    if missing:
        sys.exit("bundle.py: no licence is known for " + ", ".join(missing))


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    usr = pathlib.Path(sys.argv[1]).resolve() / "usr"
    copy_qt(usr, sys.argv[2])
    libraries = Libraries()
    programs = [path for path in sorted(usr.rglob("*")) if path.is_file() and not path.is_symlink() and is_elf(path)]
    for program in programs:
        libraries.need(program)
    libraries.need_opened()

    sources = []
    for soname, (how, path) in sorted(libraries.found.items()):
        if how == "host":
            continue
        sources.append(path)
        folder = usr / "lib" if how == "bundle" else usr / "lib/fallback" / soname
        programs.append(copy(path, folder / soname))
        print(f"{how:<9} {soname}")
    for program in programs:
        run("strip", "--strip-unneeded", program)
        to_libraries = os.path.relpath(usr / "lib", program.parent)
        run("patchelf", "--set-rpath", "$ORIGIN/" + to_libraries if to_libraries != "." else "$ORIGIN", program)
    plugins = pathlib.Path(run("qmake6", "-query", "QT_INSTALL_PLUGINS").strip())
    modules = pathlib.Path(run("qmake6", "-query", "QT_INSTALL_QML").strip())
    parts = [plugins / path.relative_to(usr / "plugins") for path in (usr / "plugins").rglob("*.so")]
    parts += [modules / path.relative_to(usr / "qml") for path in (usr / "qml").rglob("*.so")]
    copy_licences(usr, sources + parts)


if __name__ == "__main__":
    main()
