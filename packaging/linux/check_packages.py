#!/usr/bin/env python3
"""Tries the packages of dist/ where a person would: in fresh minimal systems that have nothing of Qt.

    check_packages.py --hub PROGRAM [--pictures FOLDER] PACKAGE...

PACKAGE is an .AppImage, tried in new roots of Debian 13 and Debian 12, or a .deb, tried in a new root of the release that
it was built for. PROGRAM is the built library_hub_server. Needs root, mmdebstrap, Xvfb, weston and xdotool.
"""

import argparse
import contextlib
import hashlib
import os
import pathlib
import re
import shlex
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time
import zlib

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
STARTER = PROJECT / "resources/starter/kinglet-starter-q8_0.gguf"
USER = 1000
HOME = "/home/tester"
RELEASES = {"debian12": "bookworm", "debian13": "trixie"}
PATIENCE = 120  # seconds for what takes a few


def say(text):
    print(text, flush=True)


class Failed(Exception):
    pass


def expect(truth, what):
    if not truth:
        raise Failed(what)
    say(f"  ok: {what}")


def wait_for(truth, what, seconds=PATIENCE):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = truth()
        if value:
            return value
        time.sleep(0.3)
    raise Failed(f"{what}: not within {seconds} s")


class Root:
    """A new minimal system in a folder, entered with namespaces of its own for mounts and processes."""

    def __init__(self, release, folder):
        self.release = release
        self.path = pathlib.Path(folder) / release
        subprocess.run(["mmdebstrap", "--quiet", "--variant=minbase", "--dpkgopt=force-unsafe-io", release, str(self.path)], check=True)
        self.path.chmod(0o755)
        for place in (HOME, "/pkg", "/display"):
            self.at(place).mkdir(parents=True)
        os.chown(self.at(HOME), USER, USER)
        os.chown(self.at("/pkg"), USER, USER)

    def at(self, path):
        return self.path / str(path).lstrip("/")

    def command(self, words, environment, user, display):
        steps = ["mount -t proc proc \"$ROOT/proc\"", "mount --bind /dev \"$ROOT/dev\""]
        if display:
            steps += ["mkdir -p \"$ROOT/tmp/.X11-unix\"", "mount --bind /tmp/.X11-unix \"$ROOT/tmp/.X11-unix\"",
                      f"mount --bind {shlex.quote(str(display.folder))} \"$ROOT/display\""]
        values = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
                  "HOME": HOME if user else "/root", **environment}
        inside = ["env", "-i", *(f"{name}={value}" for name, value in values.items()), *words]
        who = [f"--userspec={USER}:{USER}"] if user else []
        enter = " ".join(["chroot", *who, '"$ROOT"', shlex.join(inside)])
        script = "set -e; " + "; ".join(steps) + "; exec " + enter
        return ["env", f"ROOT={self.path}", "unshare", "-m", "-p", "-f", "--kill-child=KILL", "sh", "-c", script]

    def run(self, *words, environment=None, user=True, display=None, **options):
        return subprocess.run(self.command(words, environment or {}, user, display), capture_output=True, text=True,
                              timeout=options.pop("timeout", 600), **options)

    def output(self, *words, **options):
        """Standard output and error of a command that has to succeed."""
        ran = self.run(*words, **options)
        if ran.returncode != 0:
            raise Failed(f"{shlex.join(words)} ended with {ran.returncode}:\n{ran.stdout}{ran.stderr}")
        return ran.stdout + ran.stderr

    @contextlib.contextmanager
    def window(self, *words, environment, display=None):
        """A started window, once it has drawn its first frame. Killed at the end, as by a power cut."""
        log = self.path.with_suffix(".log")
        wanted = {"QT_LOGGING_RULES": "kinglet.start.debug=true", "XDG_RUNTIME_DIR": "/tmp/run", **environment}
        runtime = self.at("/tmp/run")
        runtime.mkdir(exist_ok=True)
        runtime.chmod(0o700)
        os.chown(runtime, USER, USER)
        with open(log, "w") as out:
            process = subprocess.Popen(self.command(words, wanted, True, display), stdout=out, stderr=out,
                                       start_new_session=True)
        try:
            wait_for(lambda: "first frame after" in log.read_text() or process.poll() is not None, "the first frame")
            if process.poll() is not None:
                raise Failed(f"the window ended with {process.returncode}:\n{log.read_text()}")
            yield process
        finally:
            # The first process of the namespace is among these, and all others go with it.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


class Display:
    """An X server without a screen, and a Wayland compositor in it, outside of the roots."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder) / "display"
        self.folder.mkdir()
        self.folder.chmod(0o755)
        reads, writes = os.pipe()
        self.server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(writes), "-ac", "-noreset", "-screen", "0", "1280x800x24", "-fbdir", str(self.folder)],
            pass_fds=[writes], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(writes)
        self.name = ":" + os.read(reads, 16).decode().strip()
        self.weston = None

    def start_wayland(self):
        self.weston = subprocess.Popen(
            ["weston", "--backend=x11-backend.so", "--use-pixman", "--socket=wayland", "--idle-time=0"],
            env={**os.environ, "DISPLAY": self.name, "XDG_RUNTIME_DIR": str(self.folder)},
            stdout=open(self.folder / "weston.log", "w"), stderr=subprocess.STDOUT)
        wait_for(lambda: (self.folder / "wayland").exists() or self.weston.poll() is not None, "weston")
        if self.weston.poll() is not None:
            raise Failed(f"weston ended:\n{(self.folder / 'weston.log').read_text()}")
        (self.folder / "wayland").chmod(0o777)

    def type(self, text):
        def xdotool(*words):
            subprocess.run(["xdotool", *words], env={**os.environ, "DISPLAY": self.name}, check=True)
        xdotool("mousemove", "700", "660", "click", "1")
        xdotool("type", "--delay", "40", text)
        xdotool("key", "Return")

    def picture(self):
        """The screen as rows of red, green, blue bytes."""
        data = (self.folder / "Xvfb_screen0").read_bytes()
        words = struct.unpack(">25I", data[:100])
        header, width, height, per_row, colours = words[0], words[4], words[5], words[12], words[19]
        start = header + 12 * colours
        rows = []
        for y in range(height):
            row = data[start + y * per_row:start + y * per_row + 4 * width]
            pixels = bytearray(3 * width)
            pixels[0::3], pixels[1::3], pixels[2::3] = row[2::4], row[1::4], row[0::4]
            rows.append(bytes(pixels))
        return width, rows

    def save(self, path):
        width, rows = self.picture()

        def chunk(kind, body):
            return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        head = struct.pack(">IIBBBBB", width, len(rows), 8, 2, 0, 0, 0)
        body = zlib.compress(b"".join(b"\0" + row for row in rows))
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b""))

    def close(self):
        for process in (self.weston, self.server):
            if process:
                process.terminate()
                process.wait()


@contextlib.contextmanager
def hub(program):
    server = subprocess.Popen([program, str(STARTER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield server.stdout.readline().strip()
    finally:
        server.stdin.close()
        server.wait()


def rows_of(database, query):
    """What a database holds that a window has open: read from a copy."""
    with tempfile.TemporaryDirectory() as folder:
        for name in (database, pathlib.Path(f"{database}-wal")):
            if name.exists():
                shutil.copy(name, folder)
        connection = sqlite3.connect(pathlib.Path(folder) / database.name)
        try:
            return connection.execute(query).fetchall()
        except sqlite3.Error:
            return []  # copied while it was written
        finally:
            connection.close()


MESSAGES = "SELECT chat_id, role, status, content FROM messages ORDER BY id"


def chat_in_the_window(root, program, display, environment, data, pictures):
    """Asks the starter model in the window, kills the window, and finds the chat again."""
    environment = {"DISPLAY": display.name, **environment}
    database = root.at(data) / "kinglet.db"

    def answered():
        rows = rows_of(database, MESSAGES)
        return rows if [row[1:3] for row in rows] == [("user", "complete"), ("assistant", "complete")] else None
    with root.window(program, environment=environment, display=display):
        time.sleep(3)
        display.type("What is a token?")
        rows = wait_for(answered, "an answer in the window")
        expect(rows[0][3] == "What is a token?" and len(rows[1][3]) > 20, "the starter model answers in the window")
        time.sleep(1)
        display.save(pictures / f"{root.release}-chat.png")
        root.output(program, "/pkg/opened.gguf", environment={**environment, "XDG_RUNTIME_DIR": "/tmp/run"},
                    display=display, timeout=PATIENCE)
        expect(True, "a second start ends by itself")
        wait_for(lambda: ("/pkg/opened.gguf",) in rows_of(database, "SELECT path FROM models"),
                 "the file of the second start in the first window")
        expect(True, "and its file opens in the window that runs")
    with root.window(program, environment=environment, display=display):
        time.sleep(3)
        display.save(pictures / f"{root.release}-restart.png")
        expect(rows_of(database, MESSAGES) == rows, "the chat is there after a kill and a restart")


def download(root, words, endpoint, data):
    environment = {"HF_ENDPOINT": endpoint}
    root.output(*words, "models", "pull", "birds/Wren-GGUF", environment=environment)
    file = root.at(data) / "models/wren-Q8_0.gguf"
    expect(file.exists() and file.read_bytes() == STARTER.read_bytes(), f"a model is downloaded to {data}/models")
    expect("wren-Q8_0" in root.output(*words, "models", "list"), "and listed")


def check_command_line(root, words, version):
    expect(version in root.output(*words, "--version"), "kinglet-cli starts")
    answer = root.output(*words, "chat", input="What is a token?\n")
    expect("token" in answer.lower() and len(answer) > 40, "kinglet-cli chats with the starter model")


def check_fuse(root, image):
    """Reported and not judged: a container's FUSE says nothing about a desktop's."""
    ran = root.run("timeout", "5", image, "--appimage-mount", user=False)
    say("  note: FUSE mounts here" if "/tmp/.mount" in ran.stdout else "  note: FUSE does not mount here; extracted instead")


def check_integration(root, image, environment):
    share = root.at(HOME) / ".local/share"
    root.output(image, "--integrate", environment=environment)
    desktop = share / "applications/kinglet.desktop"
    expect(f'Exec="{image}" %F' in desktop.read_text(), "--integrate puts it into the menus")
    expect((share / "mime/packages/kinglet.xml").exists(), "and ties .gguf files to it")
    if shutil.which("desktop-file-validate"):
        said = subprocess.run(["desktop-file-validate", str(desktop)], capture_output=True, text=True)
        expect(said.returncode == 0 and not said.stdout, "its desktop file is valid")
    root.output(image, "--unintegrate", environment=environment)
    expect(not desktop.exists() and (share / "kinglet/kinglet.db").exists(), "--unintegrate takes it out, chats stay")


def check_appimage(release, package, arguments, folder):
    say(f"{package.name} in {release}")
    root = Root(release, folder)
    expect(not list(root.at("/usr").rglob("libQt6*")) and not list(root.at("/usr").rglob("libX11*")),
           "nothing of Qt and X11 is in the root")
    image = f"/pkg/{package.name}"
    shutil.copy(package, root.at(image))
    shutil.copy(STARTER, root.at("/pkg/opened.gguf"))
    version = re.match(r"Kinglet-([\d.]+)-", package.name).group(1)
    data = f"{HOME}/.local/share/kinglet"
    extracted = {"APPIMAGE_EXTRACT_AND_RUN": "1"}
    check_fuse(root, image)
    check_command_line(root, [image, "cli"], version)
    root.at("/pkg/kinglet-cli").symlink_to(image)
    expect(version in root.output("/pkg/kinglet-cli", "--version"), "also by a link of that name")
    with root.window(image, environment={"QT_QPA_PLATFORM": "offscreen"}):
        wait_for((root.at(data) / "kinglet.db").exists, "a database")
        expect(True, "the window starts offscreen, where there is no OpenGL, with a new database")
    root.output(image, "--shot", "/pkg/shot.png")
    shutil.copy(root.at("/pkg/shot.png"), arguments.pictures / f"{release}-shot.png")
    display = Display(folder)
    try:
        chat_in_the_window(root, image, display, {}, data, arguments.pictures)
        display.start_wayland()
        with root.window(image, environment={"WAYLAND_DISPLAY": "/display/wayland"}, display=display):
            expect(True, "the window starts on Wayland, where there is no X11")
            time.sleep(3)
            display.save(arguments.pictures / f"{release}-wayland.png")
    finally:
        display.close()
        shutil.rmtree(display.folder)
    with hub(arguments.hub) as endpoint:
        download(root, [image, "cli"], endpoint, data)
        portable = root.at(f"{image}.home")
        root.output(image, "--appimage-portable-home")
        download(root, [image, "--appimage-extract-and-run", "cli"], endpoint, f"{image}.home/.local/share/kinglet")
        with root.window(image, environment={"QT_QPA_PLATFORM": "offscreen"}):
            wait_for((portable / ".local/share/kinglet/kinglet.db").exists, "a database beside the AppImage")
            expect(True, "portable: chats lie beside the AppImage, too")
        shutil.rmtree(portable)
    check_integration(root, image, extracted)
    left = [path.name for path in root.at("/tmp").iterdir() if path.name.startswith("kinglet-")]
    say(f"  note: {len(left)} temporary folders are left of windows that were killed")


def digest(folder):
    """Names and contents of all files below a folder."""
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*")) if path.is_file()}


def check_deb(package, arguments, folder):
    system = re.search(r"~(debian\d+)_", package.name)
    release = RELEASES.get(system.group(1)) if system else None
    if not release:
        raise Failed(f"{package.name}: its name does not end with a release that is known here")
    say(f"{package.name} in {release}")
    root = Root(release, pathlib.Path(folder) / "deb")
    before = set(root.at("/usr").rglob("*"))
    shutil.copy(package, root.at(f"/pkg/{package.name}"))
    shutil.copy(STARTER, root.at("/pkg/opened.gguf"))
    apt = {"environment": {"DEBIAN_FRONTEND": "noninteractive"}, "user": False}
    shutil.copy("/etc/resolv.conf", root.at("/etc/resolv.conf"))
    root.output("apt-get", "-q", "update", **apt)
    root.output("apt-get", "-q", "-y", "--no-install-recommends", "install", f"/pkg/{package.name}", **apt)
    expect(root.at("/usr/bin/kinglet").exists(), "it installs with what it depends on")
    check_command_line(root, ["kinglet-cli"], package.name.split("_")[1].split("-")[0])
    data = f"{HOME}/.local/share/kinglet"
    with root.window("kinglet", environment={"QT_QPA_PLATFORM": "offscreen"}):
        expect(True, "the window starts offscreen")
    display = Display(folder)
    try:
        chat_in_the_window(root, "kinglet", display, {}, data, arguments.pictures)
    finally:
        display.close()
        shutil.rmtree(display.folder)
    with hub(arguments.hub) as endpoint:
        download(root, ["kinglet-cli"], endpoint, data)
    kept = digest(root.at(HOME))
    root.output("apt-get", "-q", "-y", "purge", "kinglet", **apt)
    left = [path for path in set(root.at("/").rglob("*kinglet*")) - before
            if not str(path).startswith((str(root.at("/home")), str(root.at("/pkg")), str(root.at("/tmp")),
                                         str(root.at("/proc")), str(root.at("/sys")), str(root.at("/dev"))))
            and "/var/log" not in str(path)]
    expect(not left, f"purging leaves nothing of it{': ' + str(left) if left else ''}")
    expect(digest(root.at(HOME)) == kept and len(kept) > 2, "and the person's chats and models as they were")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hub", required=True, help="the built library_hub_server")
    parser.add_argument("--pictures", type=pathlib.Path, default=pathlib.Path("build/package-check"))
    parser.add_argument("packages", nargs="+", type=pathlib.Path)
    arguments = parser.parse_args()
    for program in ("mmdebstrap", "Xvfb", "weston", "xdotool"):
        if not shutil.which(program):
            sys.exit(f"check_packages.py: {program} is not installed here.")
    arguments.pictures.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="kinglet-roots-") as folder:
        pathlib.Path(folder).chmod(0o755)
        try:
            for package in arguments.packages:
                if package.suffix == ".AppImage":
                    for release in ("trixie", "bookworm"):
                        check_appimage(release, package, arguments, folder)
                else:
                    (pathlib.Path(folder) / "deb").mkdir(exist_ok=True)
                    check_deb(package, arguments, folder)
        except (Failed, subprocess.SubprocessError, OSError) as problem:
            sys.exit(f"check_packages.py: FAILED: {problem}")
    say("check_packages.py: all packages passed.")


if __name__ == "__main__":
    main()
