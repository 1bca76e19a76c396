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
  # Node comes as a package that fetches itself in its install script, which npm can be told to leave out.
  node_modules/.bin/node -e '' 2>/dev/null || {
    echo "Node 24 was not installed: npm must be allowed to run install scripts (npm config get ignore-scripts)." >&2
    exit 1
  }
  cp package-lock.json "$stamp"
fi
