import { Stack } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { readSecret } from "../secret-access.ts";
import { nodeLookAccess } from "../table-access.ts";
import type { Alarms } from "./alarms.ts";
import { type Backend, BackendFunction } from "./backend-function.ts";
import { tableEnvironment } from "./environment.ts";
import { everyMinute } from "./schedule.ts";

const stuck =
  "Until it works again nobody sees that a node does not answer any more: nodes keep the status that they had, and what was \
unreachable stays so.";

/** Looks at nodes over SSH, each minute at those whose turn it is. */
export class NodeWatch extends BackendFunction<"node-watch"> {
  constructor(scope: Construct, backend: Backend & { readonly alarms: Alarms }) {
    super(scope, "node-watch", {
      backend,
      description: "Looks at nodes over SSH, each minute at those whose turn it is",
      timeoutSeconds: 60,
      // Many SSH sessions side by side, and a key exchange is work for the processor.
      memoryMb: 512,
      // The next minute is the retry.
      retryAttempts: 0,
      environment: tableEnvironment(backend),
      table: nodeLookAccess,
      statements: readSecret(backend.data.secretsKey, Stack.of(scope), "ssh-key"),
    });
    everyMinute(this, { id: "NodeWatch", alarms: backend.alarms, stuck });
  }
}
