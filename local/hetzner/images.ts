import { invalidField, invalidInput, notFound } from "./api-error.ts";
import { images as systemImages } from "./catalogue.ts";
import type { SnapshotRecord } from "./records.ts";
import { timestamp } from "./timestamp.ts";
import { ownOf, type World } from "./world.ts";

type SystemImage = (typeof systemImages)[number];

/** Deprecated images can still be chosen for three months. */
const imageGraceMs = 92 * 86_400_000;
/** Gigabytes a snapshot is said to hold when it is ready; nothing is really copied. */
const snapshotSizeGb = 2.3;

const canBoot = (world: World, name: string): boolean => world.bootable?.includes(name) ?? true;

/** The system image with this id. */
export function systemImageById(id: number): SystemImage {
  const image = systemImages.find((candidate) => candidate.id === id);
  if (image === undefined) throw notFound("image");
  return image;
}

/** A system image on the wire: `unavailable` when no machine could boot it. */
export function presentSystemImage(world: World, image: SystemImage) {
  return { ...image, status: canBoot(world, image.name) ? image.status : "unavailable" };
}

/** A snapshot or backup on the wire: it has no name. */
export function presentSnapshot(image: SnapshotRecord) {
  const { id, type, status, description, labels, diskGb, createdFrom, boundTo, protection } = image;
  const base = systemImageById(image.baseImageId);
  return {
    id,
    type,
    status,
    name: null,
    description,
    image_size: status === "available" ? snapshotSizeGb : null,
    disk_size: diskGb,
    created: timestamp(image.createdMs),
    created_from: { ...createdFrom },
    bound_to: boundTo,
    os_flavor: base.os_flavor,
    os_version: base.os_version,
    rapid_deploy: false,
    protection: { ...protection },
    deprecated: null,
    deleted: null,
    labels: { ...labels },
    architecture: base.architecture,
  };
}

/** Any image on the wire. */
export type PresentedImage = ReturnType<typeof presentSystemImage> | ReturnType<typeof presentSnapshot>;

/** Every image a project sees: the provider's and its own. */
export function imagesOf(world: World, project: string): PresentedImage[] {
  const system = systemImages.map((image) => presentSystemImage(world, image));
  return [...system, ...ownOf(world.data.snapshots, project).map(presentSnapshot)];
}

/** The image a server was made of, or null when it is no more. */
export function presentImageOf(world: World, project: string, id: number): PresentedImage | null {
  return imagesOf(world, project).find((image) => image.id === id) ?? null;
}

/** An image that a request may use: its id, the system image to boot and the disk it needs. */
export interface UsableImage {
  readonly id: number;
  readonly baseName: string;
  readonly diskGb: number;
}

/** What a request wants an image for. */
export interface ImageWish {
  readonly project: string;
  /** Number or digits for an id, other text for a name. */
  readonly reference: string | number;
  readonly architecture: string;
  readonly nowMs: number;
}

/**
 * The image a create or a rebuild means. 404 for none of this id or name; 422 for one of another architecture, one that
 * ended more than three months ago, one not ready yet, and one that no machine here can boot.
 */
export function findImage(world: World, { project, reference, architecture, nowMs }: ImageWish): UsableImage {
  const named = imagesOf(world, project).filter(
    (image) => String(image.id) === String(reference) || (image.name !== null && image.name === reference),
  );
  if (named.length === 0) throw notFound(`image '${reference}'`);
  const image = named.find((candidate) => candidate.architecture === architecture);
  if (image === undefined) throw invalidField("image", "image architecture does not match the server type");
  const endedMs = image.deprecated === null ? Number.POSITIVE_INFINITY : Date.parse(image.deprecated) + imageGraceMs;
  if (endedMs < nowMs) throw invalidInput(`image '${image.name}' is deprecated`);
  const baseName = baseNameOf(world, image);
  if (image.status !== "available" || !canBoot(world, baseName)) throw invalidField("image", "image is not available");
  return { id: image.id, baseName, diskGb: image.name === null ? image.disk_size : 0 };
}

function baseNameOf(world: World, image: PresentedImage): string {
  if (image.name !== null) return image.name;
  const snapshot = world.data.snapshots.find((candidate) => candidate.id === image.id);
  return systemImageById(snapshot?.baseImageId ?? image.id).name;
}
