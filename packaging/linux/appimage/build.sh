#!/usr/bin/env bash
# Builds the AppImage from a built tree: build.sh BUILD_FOLDER OUT.AppImage
# It runs wherever glibc is as new as here or newer, so releases are built on Debian 12.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
[ $# = 2 ] || { echo "Usage: build.sh BUILD_FOLDER OUT.AppImage" >&2; exit 2; }
build=$(cd "$1" && pwd)
mkdir -p "$(dirname "$2")"
out=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
app=$work/AppDir
umask 022

# Files get the time of the last commit, so that the same sources make the same image.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH

DESTDIR=$app cmake --install "$build" --prefix /usr >"$work/install.log"

# The fonts that the window asks for, and one with letters that these lack for systems without any font.
mkdir -p "$app/usr/share/kinglet/fonts" "$app/usr/etc/fonts"
for font in opentype/inter/Inter-{Regular,Italic,Medium,SemiBold,Bold,BoldItalic}.otf \
    truetype/jetbrains-mono/JetBrainsMono-{Regular,Italic,Bold}.ttf truetype/dejavu/DejaVuSans.ttf; do
    cp "/usr/share/fonts/$font" "$app/usr/share/kinglet/fonts/"
done
cp "$here/fonts.conf" "$app/usr/etc/fonts/"
# Descriptions of keyboards, without which no window can be opened on Wayland.
mkdir -p "$app/usr/share/X11"
cp -a /usr/share/X11/xkb "$app/usr/share/X11/"
install -m 755 "$here/integrate.sh" "$app/usr/share/kinglet/integrate.sh"

"$here/bundle.py" "$app" "$root/ui/qml" >"$work/bundle.log"
for package in fonts-inter fonts-jetbrains-mono fonts-dejavu-core xkb-data libsquashfuse-dev libfuse3-dev; do
    install -D -m 644 "/usr/share/doc/$package/copyright" "$app/usr/share/doc/kinglet/third-party/$package/copyright"
done

ln -s usr/share/applications/kinglet.desktop "$app/kinglet.desktop"
ln -s usr/share/icons/hicolor/scalable/apps/kinglet.svg "$app/kinglet.svg"
ln -s kinglet.svg "$app/.DirIcon"
# A path that is cut off at PATH_MAX names nothing and is reported when it is used.
warnings=(-std=c11 -O2 -Wall -Wextra -Werror -Wno-format-truncation)
gcc "${warnings[@]}" -s "$here/launcher.c" -o "$app/AppRun"
# The linker warns that libfuse could open modules of its own, which it is not asked to.
gcc "${warnings[@]}" -s -static -D_FILE_OFFSET_BITS=64 "$here/runtime.c" -o "$work/runtime" \
    -lsquashfuse_ll -lsquashfuse -lfuse3 -lzstd -llz4 -llzo2 -llzma -lz -lpthread 2>"$work/link.log" ||
    { cat "$work/link.log" >&2; exit 1; }
printf 'AI\002' | dd of="$work/runtime" bs=1 seek=8 conv=notrunc status=none

mksquashfs "$app" "$work/image" -comp zstd -Xcompression-level 19 -b 256K -all-root -noappend -no-xattrs -no-progress -quiet >&2
cat "$work/runtime" "$work/image" >"$out"
chmod 755 "$out"
printf '%s: %s MB\n' "$out" "$(($(stat -c %s "$out") / 1000000))" >&2
