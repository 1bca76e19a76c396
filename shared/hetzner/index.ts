export { type FoundActions, getAction, listActions } from "./actions.ts";
export { type BudgetQuestion, type RateLimit, waitForBudgetMs } from "./budget.ts";
export { getPricing, type ImageQuery, listImages, listLocations, listServerTypes } from "./catalogue.ts";
export { classifyAction } from "./classify.ts";
export { type Hetzner, makeHetzner } from "./client.ts";
export { type Clock, realClock } from "./clock.ts";
export { type ErrorRow, errorTable } from "./error-table.ts";
export {
  type Effect,
  type FailedAction,
  HetznerError,
  type HetznerErrorClass,
  type HetznerErrorDetails,
  type HetznerErrorFacts,
} from "./errors.ts";
export { fingerprintMd5 } from "./fingerprint.ts";
export { labelSelector } from "./label-selector.ts";
export type { CallOptions, HetznerOptions } from "./options.ts";
export { deletePrimaryIp, listPrimaryIps, type PrimaryIpQuery } from "./primary-ips.ts";
export {
  type AdoptOptions,
  type CreateLabelledServer,
  createOrAdoptServer,
  createOrAdoptSshKey,
  type SettledServer,
  type SettledSshKey,
} from "./read-back.ts";
export type { Action } from "./schemas/action.ts";
export type { Image, Location, Pricing, ServerType } from "./schemas/catalogue.ts";
export type { PrimaryIp } from "./schemas/primary-ip.ts";
export type { CreatedServer, Server } from "./schemas/server.ts";
export type { SshKey } from "./schemas/ssh-key.ts";
export { scrub } from "./scrub.ts";
export {
  type CreateServer,
  createServer,
  deleteServer,
  getServer,
  listServers,
  powerOffServer,
  powerOnServer,
  type ServerQuery,
  updateServerLabels,
} from "./servers.ts";
export {
  type CreateSshKey,
  createSshKey,
  deleteSshKey,
  getSshKey,
  listSshKeys,
  type SshKeyQuery,
  type UpdateSshKey,
  updateSshKey,
} from "./ssh-keys.ts";
export { type StatusRow, statusTable } from "./status-table.ts";
export { type TransportRow, transportTable } from "./transport-table.ts";
export { type CreatedActions, type WaitOptions, type WaitResult, waitForActions, waitForCreated } from "./wait.ts";
export { makeWire, type Wire } from "./wire.ts";
