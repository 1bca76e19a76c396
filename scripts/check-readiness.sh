#!/usr/bin/env bash
# Documents, contract and error registry agree with each other, and every operation is traced to its document and its test.
# One line a check; exit code 1 when one fails.
set -euo pipefail
cd "$(dirname "$0")/.."
sh scripts/setup.sh
exec node_modules/.bin/node scripts/readiness/main.ts
