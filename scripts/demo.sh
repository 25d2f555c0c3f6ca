#!/bin/sh
# The main job from end to end: write the default app, then see that very file run, before any account or GPU is needed.
set -u
bin="$1"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM
cd "$folder" || exit 1
case "$bin" in /*) ;; *) bin="$OLDPWD/$bin" ;; esac

echo "\$ modal-serve-gen new serve.py"
"$bin/modal-serve-gen" new serve.py --offline || exit 1
echo
echo "\$ modal-serve-gen rehearse serve.py"
"$bin/modal-serve-gen" rehearse serve.py
code=$?
if [ "$code" -eq 5 ]; then
    echo
    echo "The real engine cannot be had here, so the demo goes on with the stub."
    echo "\$ modal-serve-gen rehearse serve.py --engine stub"
    "$bin/modal-serve-gen" rehearse serve.py --engine stub
    code=$?
fi
exit "$code"
