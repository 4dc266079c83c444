#!/bin/sh
# Runs a Windows program under Wine, without a display and with a home of its own: run_in_wine.sh PROGRAM.exe [ARGUMENTS...]
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
export WINEPREFIX="${KINGLET_WINE_PREFIX:-$here/../../build/wine}"
# No window asks for Mono or Gecko, and Wine's own messages stay out of the output.
export WINEDLLOVERRIDES='mscoree,mshtml=' WINEDEBUG="${WINEDEBUG:--all}"
unset DISPLAY WAYLAND_DISPLAY
mkdir -p "$WINEPREFIX"
exec wine "$@"
