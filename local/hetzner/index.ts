export { statusOfCode } from "./api-error.ts";
export { type Clock, makeSteppedClock, realClock, type SteppedClock } from "./clock.ts";
export { controlVerbs } from "./control.ts";
export { type Fault, type FaultKind, type FaultName, faultKinds, type RouteRef } from "./fault-kinds.ts";
export { seededFaults } from "./fault-plan.ts";
export { type ServedSimulator, type ServeOptions, serveSimulator } from "./http.ts";
export {
  type HostFault,
  type HostSpec,
  type Hosts,
  hostFaults,
  type Latency,
  type ProjectOptions,
  realisticLatency,
  type SimulatorOptions,
} from "./options.ts";
export type { RouteCount, ServedRequest } from "./request-log.ts";
export { readSentinels } from "./sentinels.ts";
export { makeSimulator, type Simulator, type SimulatorState } from "./simulator.ts";
export { readStateFile } from "./state-file.ts";
