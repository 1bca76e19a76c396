import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { chooseMirror } from "./apt-sources.ts";
import { buildTree, readAptSources } from "./build.ts";
import { run } from "./command.ts";
import { takeFileLock } from "./flock.ts";
import { baseDir } from "./names.ts";
import { hashOf, type Recipe, recipes } from "./recipe.ts";

/** Image name -> folder of its root. Nothing in such a folder ever changes: hosts run on top of it. */
export type Images = ReadonlyMap<string, string>;

export interface PrepareInput {
  log(line: string): void;
  readonly signal?: AbortSignal | undefined;
  /** Default: outside the checkout, shared by every checkout of the machine. */
  readonly dir?: string;
}

/**
 * Answers with every image, building what is not there yet: about 90 s and 1 GB each. Two that ask at once build once. A build
 * that is interrupted leaves no image, and its remains go with the next build.
 *
 * @throws Error of one line when a build fails
 */
export async function prepareImages({ log, signal, dir = `${baseDir}/images` }: PrepareInput): Promise<Images> {
  await mkdir(dir, { recursive: true, mode: 0o755 });
  const images = new Map<string, string>();
  for (const recipe of recipes) images.set(recipe.image, await prepareImage({ recipe, dir, log, signal }));
  return images;
}

/** Why images are missing and cannot be built here; null when they are there or can be. */
export async function findImageProblem(dir = `${baseDir}/images`): Promise<string | null> {
  const found = await Promise.all(recipes.map((recipe) => exists(folderOf(dir, recipe))));
  if (!found.includes(false)) return null;
  const mirror = chooseMirror(await readAptSources());
  return typeof mirror === "string" ? mirror : null;
}

const folderOf = (dir: string, recipe: Recipe): string => join(dir, `${recipe.image}-${hashOf(recipe)}`);

interface ImageInput extends PrepareInput {
  readonly recipe: Recipe;
  readonly dir: string;
}

async function prepareImage({ recipe, dir, log, signal }: ImageInput): Promise<string> {
  const image = folderOf(dir, recipe);
  if (await exists(image)) return image;
  const release = await takeFileLock(join(dir, ".lock"), signal);
  try {
    await removeRemains(dir);
    if (await exists(image)) return image; // Somebody else built it while we waited.
    const startedMs = performance.now();
    const unfinished = await makeUnfinished(dir, recipe);
    try {
      await buildTree({ recipe, tree: unfinished, log, signal });
      // The name must not reach the disk before what it stands for.
      await run({ argv: ["sync", "-f", unfinished], timeoutMs: 120_000 });
      await rename(unfinished, image);
    } finally {
      await removeRemains(dir);
    }
    log(`Image ${recipe.image} is built (${Math.round((performance.now() - startedMs) / 1000)} s).`);
    return image;
  } finally {
    await release();
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

const unfinishedMark = ".unfinished-";

async function makeUnfinished(dir: string, recipe: Recipe): Promise<string> {
  const path = join(dir, `${unfinishedMark}${recipe.image}`);
  await mkdir(path, { mode: 0o755 });
  return path;
}

/** Only under the lock. */
async function removeRemains(dir: string): Promise<void> {
  const names = (await readdir(dir)).filter((name) => name.startsWith(unfinishedMark));
  for (const name of names) await rm(join(dir, name), { recursive: true, force: true });
}
