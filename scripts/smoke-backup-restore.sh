#!/usr/bin/env bash
# Exit codes: 0 passed, 1 failed, 2 the environment is incomplete, 3 no deployment to try and no local cloud to be had.
# What it reads from the environment: docs/testing.md.
set -euo pipefail
cd "$(dirname "$0")/.."
# npm and its packages have no business with these.
env -u OPERATOR_PASSWORD -u API_TOKEN -u PROVIDER_API_TOKEN sh scripts/setup.sh
exec node_modules/.bin/node scripts/smoke/backup-restore.ts
