#!/bin/sh
# The main job from end to end: write the default app, then see that very file run, before any account or GPU is needed.
set -u
bin="$1"
trap 'exit 130' INT TERM
case "$bin" in /*) ;; *) bin="$PWD/$bin" ;; esac
mkdir -p demo && cd demo || exit 1

echo "\$ modal-serve-gen new serve.py"
"$bin/modal-serve-gen" new serve.py --offline --force || exit 1
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
if [ "$code" -eq 0 ]; then
    echo
    echo "The app is demo/serve.py, the program is $bin/modal-serve-gen."
    echo "The answer above made no sense because the weights are random; everything around them was real."
fi
exit "$code"
