#!/bin/sh
# Kinglet.AppImage --integrate: Kinglet in the menus, and .gguf files open with it. For this person only, nothing needs
# root; --unintegrate takes it away again. Chats, models and settings are not touched by either.
set -eu

data=${XDG_DATA_HOME:-$HOME/.local/share}
here=$(cd "$(dirname "$0")/.." && pwd)
desktop=$data/applications/kinglet.desktop
mime=$data/mime/packages/kinglet.xml
icon=$data/icons/hicolor/scalable/apps/kinglet.svg
metainfo=$data/metainfo/io.github.kinglet.Kinglet.metainfo.xml

refresh() {
    # Desktops without these tools read the folders themselves.
    if command -v update-desktop-database >/dev/null; then update-desktop-database -q "$data/applications" || true; fi
    if command -v update-mime-database >/dev/null; then update-mime-database "$data/mime" || true; fi
}

if [ "$1" = --unintegrate ]; then
    rm -f "$desktop" "$mime" "$icon" "$metainfo"
    refresh
    echo "Kinglet is out of the menus. Chats and models are still there."
    exit 0
fi

: "${APPIMAGE:?this works from the AppImage only}"
mkdir -p "$data/applications" "$data/mime/packages" "$data/icons/hicolor/scalable/apps" "$data/metainfo"
# In the quotes of a desktop file a backslash stands before ", `, $ and itself, each of which is then doubled as in any
# string there, and % is written twice.
quoted=$(printf '%s' "$APPIMAGE" | sed -e 's/[\\"`$]/\\&/g' -e 's/\\/\\\\/g' -e 's/%/%%/g')
plain=$(printf '%s' "$APPIMAGE" | sed -e 's/\\/\\\\/g')
while IFS= read -r line; do
    case "$line" in
        Exec=*) printf 'Exec="%s" %%F\n' "$quoted" ;;
        TryExec=*) printf 'TryExec=%s\n' "$plain" ;;
        *) printf '%s\n' "$line" ;;
    esac
done <"$here/applications/kinglet.desktop" >"$desktop"
cp "$here/mime/packages/kinglet.xml" "$mime"
cp "$here/icons/hicolor/scalable/apps/kinglet.svg" "$icon"
cp "$here/metainfo/io.github.kinglet.Kinglet.metainfo.xml" "$metainfo"
refresh
echo "Kinglet is in the menus, and .gguf files open with it. Run this again when you move the AppImage."
