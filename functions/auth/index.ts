/** Log-in, sessions, API tokens; and, as the `$default` route, whatever is no operation. */
import { randomBytes } from "node:crypto";
import { environments, readConfig } from "../../shared/config.ts";
import { makeEdge, onFirstCall } from "../http/deps.ts";
import { serve } from "../http/edge.ts";
import { makeAuthHandlers } from "./handlers.ts";

export const handler = onFirstCall(() => {
  const edge = makeEdge("auth", readConfig(environments.auth));
  return serve("auth", makeAuthHandlers({ ...edge, random: randomBytes }), edge);
});
