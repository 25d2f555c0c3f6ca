#!/bin/sh
# Install Chromium with apt-get if there is none and apt-get works. Never fails: otherwise, the test that needs it is
# skipped.
for name in chromium chromium-browser google-chrome; do
    command -v "$name" > /dev/null && exit 0
done
command -v apt-get > /dev/null && [ "$(id -u)" -eq 0 ] || exit 0
echo "installing Chromium for the test that opens a report"
{ apt-get update && apt-get install -y --no-install-recommends chromium; } > /dev/null 2>&1 ||
    echo "Chromium could not be installed; its test is skipped: apt-get install chromium"
