import * as z from "zod";
import { notFound, protectedFrom, unsupported } from "../api-error.ts";
import { act, type Call, checkLabels, labelsSchema, parseBody, type Reply, refuseBusy } from "../call.ts";
import { imagesOf, type PresentedImage, presentSnapshot } from "../images.ts";
import { labelFilter, listReply, passesAny, passesName } from "../listing.ts";
import { presentAction } from "../present.ts";
import type { SnapshotRecord } from "../records.ts";
import { ownOf, removeFrom } from "../world.ts";

/** GET /images: deprecated ones only when asked for. */
export function listImages(call: Call): Reply {
  const { query } = call;
  const matches = labelFilter(query);
  const withDeprecated = query.get("include_deprecated") === "true";
  const items = imagesOf(call.world, call.project.name).filter(
    (image) =>
      (withDeprecated || image.deprecated === null) &&
      passesName(query, image.name ?? "") &&
      passesAny(query, "architecture", image.architecture) &&
      passesAny(query, "type", image.type) &&
      passesAny(query, "status", image.status) &&
      passesAny(query, "bound_to", String(image.bound_to)) &&
      matches(image.labels),
  );
  const sort = {
    id: (image: PresentedImage) => image.id,
    name: (image: PresentedImage) => image.name ?? "",
    created: (image: PresentedImage) => Date.parse(image.created),
  };
  return listReply(call, { name: "images", items, sort, present: (image) => image });
}

function findPresented(call: Call): PresentedImage {
  const image = imagesOf(call.world, call.project.name).find((candidate) => String(candidate.id) === call.params.id);
  if (image === undefined) throw notFound("image");
  return image;
}

/** GET /images/{id} */
export function getImage(call: Call): Reply {
  return { status: 200, body: { image: findPresented(call) } };
}

/** The id of the image a path names, the provider's own too. */
export const findAnyImage = (call: Call): { readonly id: number } => ({ id: findPresented(call).id });

/** The project's own image a path names; the provider's cannot be changed. */
function findOwnImage(call: Call): SnapshotRecord {
  const { id } = findPresented(call);
  const image = ownOf(call.world.data.snapshots, call.project.name).find((candidate) => candidate.id === id);
  if (image === undefined) throw unsupported("system images cannot be changed");
  return image;
}

const updateSchema = z.strictObject({
  description: z.string().min(1).optional(),
  type: z.literal("snapshot").optional(),
  labels: labelsSchema.optional(),
});

/** PUT /images/{id}: description, labels, and a backup may become a snapshot. */
export function updateImage(call: Call): Reply {
  const body = parseBody(call, updateSchema);
  checkLabels(body.labels);
  const image = findOwnImage(call);
  image.description = body.description ?? image.description;
  image.labels = body.labels ?? image.labels;
  if (body.type === "snapshot") Object.assign(image, { type: "snapshot", boundTo: null });
  return { status: 200, body: { image: presentSnapshot(image) } };
}

/** DELETE /images/{id} */
export function deleteImage(call: Call): Reply {
  const image = findOwnImage(call);
  refuseBusy(call, { image });
  if (image.protection.delete) throw protectedFrom("image");
  removeFrom(call.world.data.snapshots, image);
  return { status: 204 };
}

const protectionSchema = z.strictObject({ delete: z.boolean().optional() });

/** POST /images/{id}/actions/change_protection: for snapshots. */
export function changeImageProtection(call: Call): Reply {
  const body = parseBody(call, protectionSchema);
  const image = findOwnImage(call);
  if (image.type !== "snapshot") throw unsupported("only snapshots can be protected");
  const change = { kind: "image_protection", delete: body.delete ?? image.protection.delete } as const;
  const action = act(call, { image, command: "change_protection", durationMs: 0, change });
  return { status: 201, body: { action: presentAction(action, call.nowMs) } };
}
