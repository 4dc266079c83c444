#!/bin/sh
# Makes the starter model again from nothing: tokenizer, training with a fixed seed, export, list of names, score.
# Needs Debian's python3-torch, python3-numpy and libopenblas0-pthread. About an hour on two cores; CUDA where there is one.
# Interrupted, it goes on from the last checkpoint; --fresh begins anew.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
work=${KINGLET_STARTER_WORK:-$root/build/starter}
python=${PYTHON:-/usr/bin/python3}
if [ "${1:-}" = "--fresh" ]; then
    rm -rf "$work"
    shift
fi
mkdir -p "$work"
"$python" "$here/starter_train.py" --out "$work" "$@"
"$python" "$here/starter_export.py" --from "$work" --to "$root/resources/starter/kinglet-starter-q8_0.gguf"
"$python" "$here/ui_names.py" --write
"$python" "$here/evaluate.py" --numpy --card "$root/resources/starter/MODEL_CARD.md" --json "$root/resources/starter/figures.json"
