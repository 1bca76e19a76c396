import { createHash } from "node:crypto";
import * as z from "zod";
import { invalidField, taken } from "../api-error.ts";
import { type Call, checkLabels, labelsSchema, parseBody, type Reply } from "../call.ts";
import { labelFilter, listReply, passesAny, passesName } from "../listing.ts";
import { presentSshKey } from "../present.ts";
import type { SshKeyRecord } from "../records.ts";
import { getOwn, removeFrom, takeId } from "../world.ts";

const name = z.string().trim().min(1).max(255);
const createSchema = z.strictObject({ name, public_key: z.string(), labels: labelsSchema.optional() });
const updateSchema = z.strictObject({ name: name.optional(), labels: labelsSchema.optional() });

const find = (call: Call): SshKeyRecord =>
  getOwn(call.world.data.sshKeys, call.project.name, call.params.id, "SSH key");
const own = (call: Call): SshKeyRecord[] => call.world.data.sshKeys.filter((key) => key.project === call.project.name);

/** MD5 of the key blob as lower-case hex pairs; the comment is not part of it. Null for what is no public key. */
export function fingerprintOf(publicKey: string): string | null {
  const [type, base64] = publicKey.trim().split(/\s+/);
  if (type === undefined || base64 === undefined || !/^[A-Za-z0-9+/]+=*$/.test(base64)) return null;
  const blob = Buffer.from(base64, "base64");
  const named = blob.length > 4 ? blob.subarray(4, 4 + blob.readUInt32BE(0)).toString("latin1") : "";
  if (named !== type) return null;
  const pairs = createHash("md5").update(blob).digest("hex").match(/../g) ?? [];
  return pairs.join(":");
}

/** GET /ssh_keys */
export function listSshKeys(call: Call): Reply {
  const matches = labelFilter(call.query);
  const items = own(call).filter(
    (key) =>
      passesName(call.query, key.name) && passesAny(call.query, "fingerprint", key.fingerprint) && matches(key.labels),
  );
  const sort = { id: (key: SshKeyRecord) => key.id, name: (key: SshKeyRecord) => key.name };
  return listReply(call, { name: "ssh_keys", items, sort, present: presentSshKey });
}

/** GET /ssh_keys/{id} */
export function getSshKey(call: Call): Reply {
  return { status: 200, body: { ssh_key: presentSshKey(find(call)) } };
}

/** POST /ssh_keys: name and key are both unique in the project. */
export function createSshKey(call: Call): Reply {
  const body = parseBody(call, createSchema);
  checkLabels(body.labels);
  const fingerprint = fingerprintOf(body.public_key);
  if (fingerprint === null) throw invalidField("public_key", "unable to parse SSH public key");
  if (own(call).some((key) => key.name === body.name)) throw taken("SSH key name is already used");
  if (own(call).some((key) => key.fingerprint === fingerprint)) throw taken("SSH key not unique");
  const key = {
    id: takeId(call.world.data, "sshKey"),
    project: call.project.name,
    name: body.name,
    fingerprint,
    publicKey: body.public_key.trim(),
    labels: body.labels ?? {},
    createdMs: call.nowMs,
  };
  call.world.data.sshKeys.push(key);
  return { status: 201, body: { ssh_key: presentSshKey(key) } };
}

/** PUT /ssh_keys/{id}: the key itself cannot be changed. */
export function updateSshKey(call: Call): Reply {
  const body = parseBody(call, updateSchema);
  checkLabels(body.labels);
  const key = find(call);
  if (own(call).some((other) => other !== key && other.name === body.name)) throw taken("SSH key name is already used");
  key.name = body.name ?? key.name;
  key.labels = body.labels ?? key.labels;
  return getSshKey(call);
}

/** DELETE /ssh_keys/{id}: servers keep the key they were made with. */
export function deleteSshKey(call: Call): Reply {
  removeFrom(call.world.data.sshKeys, find(call));
  return { status: 204 };
}
