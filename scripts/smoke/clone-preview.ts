/** `bash scripts/smoke-site-clone-preview.sh`: a site is cloned on a running deployment, and its preview is looked at. */
import { main } from "./main.ts";
import { clonePreview } from "./stories.ts";

process.exit(await main("site clone and preview", clonePreview));
