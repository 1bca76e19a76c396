import { act, type Call, type Reply, refuseBody } from "../call.ts";
import { presentAction } from "../present.ts";
import type { ActionRecord, ServerRecord } from "../records.ts";
import { planHandDelete } from "./server-create.ts";
import { findServer } from "./servers.ts";

type Status = ServerRecord["status"];

interface PowerVerb {
  readonly command: ActionRecord["command"];
  /** What the server is while the action runs, from running and from off. */
  readonly fromRunning: Status;
  readonly fromOff: Status;
}

const verbs = {
  poweron: { command: "start_server", fromRunning: "running", fromOff: "starting" },
  poweroff: { command: "stop_server", fromRunning: "stopping", fromOff: "off" },
  shutdown: { command: "shutdown_server", fromRunning: "running", fromOff: "off" },
  reboot: { command: "reboot_server", fromRunning: "starting", fromOff: "off" },
  reset: { command: "reset_server", fromRunning: "starting", fromOff: "starting" },
} as const satisfies Record<string, PowerVerb>;

/** POST /servers/{id}/actions/... for the verbs of power: good in any state, 423 while another action runs. */
export function powerAction(name: keyof typeof verbs): (call: Call) => Reply {
  const { command, fromRunning, fromOff } = verbs[name];
  return (call) => {
    refuseBody(call);
    const server = findServer(call);
    // A shutdown says only that the guest was asked.
    const durationMs = name === "shutdown" ? 0 : call.world.latency.startMs;
    const action = act(call, { server, command, durationMs });
    server.status = server.status === "off" ? fromOff : fromRunning;
    planHandDelete(call, server);
    return { status: 201, body: { action: presentAction(action, call.nowMs) } };
  };
}
