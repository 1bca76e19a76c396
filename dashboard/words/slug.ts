const LONGEST = 40;

/** A short name as the contract wants it, made of a title; empty when nothing of it can be used. */
export const slugOf = (title: string): string =>
  title
    .normalize("NFKD")
    .replaceAll("ß", "ss")
    .replaceAll(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+/, "")
    .slice(0, LONGEST)
    .replace(/-+$/, "");
