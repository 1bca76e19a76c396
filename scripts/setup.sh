#!/bin/sh
# Installs what the two commands need and nothing else: npm packages (Node 24 among them). Safe to run any time; does
# nothing when the lockfile has not changed since the last install.
set -eu
cd "$(dirname "$0")/.."
stamp=node_modules/.pressluft-installed
if [ ! -f "$stamp" ] || ! cmp -s package-lock.json "$stamp"; then
  echo "Installing npm packages (the first time takes about half a minute) ..." >&2
  npm ci --no-audit --no-fund --loglevel=error >&2 || {
    echo "npm ci failed: is the npm registry reachable? Run it again with: npm ci" >&2
    exit 1
  }
  cp package-lock.json "$stamp"
fi
