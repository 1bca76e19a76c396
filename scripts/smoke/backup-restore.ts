/** `bash scripts/smoke-backup-restore.sh`: a site is backed up, damaged and restored on a running deployment. */
import { main } from "./main.ts";
import { backupRestore } from "./stories.ts";

process.exit(await main("backup and restore", backupRestore));
