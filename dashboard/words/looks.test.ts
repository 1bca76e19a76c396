import { describe, expect, it } from "vitest";
import { nodeStatuses, serverStates } from "../../contracts/models.ts";
import { groupOf, nodeLook } from "./looks.ts";

const readiness = (is_ready: boolean) => ({ is_ready, reason_codes: [], guidance: [], checked_at: null });
type Status = (typeof nodeStatuses)[number];
type ServerState = (typeof serverStates)[number];

describe("a node is shown as", () => {
  it.each<[Status, ServerState, boolean, string, string]>([
    ["provisioning", "none", false, "Waiting to be ordered", "working"],
    ["decommissioned", "none", false, "No server", "gone"],
    ["provisioning", "creating", false, "Creating", "working"],
    ["provisioning", "present", false, "Setting up", "working"],
    ["provisioning", "unknown", false, "Not known", "needs you"],
    ["active", "present", true, "Ready", "ready"],
    ["active", "present", false, "Not ready", "needs you"],
    ["active", "deleting", true, "Deleting", "working"],
    ["unreachable", "present", false, "Unreachable", "needs you"],
    ["unreachable", "still_billing", false, "Still billing", "needs you"],
    ["decommissioned", "still_billing", false, "Still billing", "needs you"],
    ["decommissioned", "gone", false, "Gone", "gone"],
  ])(
    "%s with a server that is %s (ready: %s): %s, among those that are: %s",
    (status, server_state, isReady, word, group) => {
      const look = nodeLook({ status, server_state, readiness: readiness(isReady) });
      expect([look.word, groupOf(look)]).toEqual([word, group]);
    },
  );

  it("something that costs is never shown as well or gone", () => {
    for (const status of nodeStatuses) {
      const look = nodeLook({ status, server_state: "still_billing", readiness: readiness(true) });
      expect(look).toEqual({ word: "Still billing", tone: "bad" });
    }
  });

  it("each state of a server has a look in every status", () => {
    for (const status of nodeStatuses) {
      for (const server_state of serverStates) {
        expect(nodeLook({ status, server_state, readiness: readiness(false) }).word).not.toBe("");
      }
    }
  });
});
