#!/bin/sh
# Write the default app and rehearse it, without an account or a GPU.
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
    echo "The real engine is not available on this machine, so the demo continues with the stub."
    echo "\$ modal-serve-gen rehearse serve.py --engine stub"
    "$bin/modal-serve-gen" rehearse serve.py --engine stub
    code=$?
fi
if [ "$code" -eq 0 ]; then
    echo
    echo "The app is demo/serve.py; the program is $bin/modal-serve-gen."
    echo "The answer above is nonsense because the weights are random. What else was substituted is listed above."
fi
exit "$code"
