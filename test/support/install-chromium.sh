#!/bin/sh
# Fetches the browser that test/dashboard*.test.ts drive, where it is missing and apt-get can: `npm test` runs this.
# Without it those tests are skipped, and say so.
[ -x /usr/bin/chromium ] && exit 0

skip() {
  echo "chromium is missing ($1): tests of the dashboard in a browser will be skipped." >&2
  echo "  As root: apt-get install --no-install-recommends chromium fonts-dejavu-core" >&2
  exit 0
}

command -v apt-get > /dev/null || skip "there is no apt-get"
if [ "$(id -u)" = 0 ]; then as_root=""
elif sudo -n true 2> /dev/null; then as_root="sudo -n"
else skip "apt-get needs root, or sudo without a password"
fi

echo "Installing chromium for the tests of the dashboard" >&2
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq > /dev/null 2>&1
$as_root apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core > /dev/null 2>&1 || skip "apt-get failed"
[ -x /usr/bin/chromium ] || skip "apt-get has none of that name"
