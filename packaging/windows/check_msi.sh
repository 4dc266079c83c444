#!/usr/bin/env bash
# Installs an MSI of kinglet-cli under Wine, in a home of its own, chats with what was installed, upgrades it to a newer one,
# removes that and looks what is left: packaging/windows/check_msi.sh FILE.msi NEWER.msi
set -euo pipefail

[ $# = 2 ] || { printf 'Usage: %s FILE.msi NEWER.msi\n' "$0" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
msi=$(readlink -f "$1")
newer=$(readlink -f "$2")
home=$(mktemp -d)
export KINGLET_WINE_PREFIX="$home/wine"
wine() { "$here/run_in_wine.sh" "$@"; }
clean_up() {
    WINEPREFIX="$KINGLET_WINE_PREFIX" wineserver -k || true
    rm -rf "$home"
}
trap clean_up EXIT
fail() { printf 'check_msi: %s\n' "$*" >&2; exit 1; }

wine wineboot --init >/dev/null 2>&1
local_data=$(wine cmd /c 'echo %LOCALAPPDATA%' 2>/dev/null | tr -d '\r')
data="$(WINEPREFIX="$KINGLET_WINE_PREFIX" winepath -u "$local_data" 2>/dev/null)"
installed="$data/Programs/Kinglet CLI"
own_path() { wine reg query 'HKCU\Environment' /v PATH 2>/dev/null | grep -ci 'Kinglet CLI' || true; }

wine msiexec /i "$msi" /qn || fail "installing failed"
[ -f "$installed/bin/kinglet-cli.exe" ] || fail "the program was not installed in $installed"
wine "$installed/bin/kinglet-cli.exe" --version | grep -q '^kinglet-cli [0-9]' || fail "the installed program does not start"
[ "$(own_path)" = 1 ] || fail "the program's folder is not in the account's PATH"
# The starter model is found beside the program.
answer=$(echo 'What is Kinglet?' | wine "$installed/bin/kinglet-cli.exe" chat) || fail "the installed program does not chat"
[ -n "$answer" ] || fail "the starter model said nothing"
# A path beyond ASCII goes through the command line.
mkdir "$home/Größe 日本"
cp "$installed/share/kinglet/kinglet-starter-q8_0.gguf" "$home/Größe 日本/Vögel.gguf"
wine "$installed/bin/kinglet-cli.exe" info "$(WINEPREFIX="$KINGLET_WINE_PREFIX" winepath -w "$home/Größe 日本/Vögel.gguf")" |
    grep -q 'Größe 日本.Vögel.gguf' || fail "a path beyond ASCII is not found or not shown"
# What a person keeps must outlive all this.
mkdir -p "$data/kinglet/models"
printf 'mine' >"$data/kinglet/models/mine.gguf"
wine "$installed/bin/kinglet-cli.exe" models list 2>&1 | grep -q mine || fail "kinglet-cli looks for models elsewhere"

wine msiexec /i "$newer" /qn || fail "upgrading failed"
[ -f "$installed/bin/kinglet-cli.exe" ] || fail "the upgrade left no program"
[ "$(own_path)" = 1 ] || fail "the upgrade lost the program's folder in the account's PATH"
products=$(wine reg query 'HKCU\Software\Microsoft\Windows\CurrentVersion\Uninstall' /s 2>/dev/null | grep -c 'Kinglet command line' || true)
[ "$products" -le 1 ] || fail "both versions are installed"
! wine msiexec /i "$msi" /qn || fail "an older version took the place of a newer one"

wine msiexec /x "$newer" /qn || fail "removing failed"
[ ! -e "$installed/bin/kinglet-cli.exe" ] || fail "the program is still there"
[ ! -e "$installed/share/kinglet/kinglet-starter-q8_0.gguf" ] || fail "the starter model is still there"
[ "$(own_path)" = 0 ] || fail "the account's PATH still names the program's folder"
[ "$(cat "$data/kinglet/models/mine.gguf")" = mine ] || fail "a model of the person's own is gone"
printf 'check_msi: installed, chatted, upgraded and removed under Wine; the answer was: %s\n' "$answer"
