/** Holder of the generator's state, so that a snapshot goes on with the same numbers. */
export interface RandomState {
  randomState: number;
}

/** Next number in [0, 1): mulberry32, small and repeatable; nothing here needs to be unpredictable. */
export function nextRandom(holder: RandomState): number {
  holder.randomState = (holder.randomState + 0x6d2b79f5) | 0;
  let bits = Math.imul(holder.randomState ^ (holder.randomState >>> 15), 1 | holder.randomState);
  bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
  return ((bits ^ (bits >>> 14)) >>> 0) / 4_294_967_296;
}

/** `length` characters drawn from `alphabet`. */
export function randomText(holder: RandomState, alphabet: string, length: number): string {
  let text = "";
  for (let index = 0; index < length; index += 1)
    text += alphabet.charAt(Math.floor(nextRandom(holder) * alphabet.length));
  return text;
}

/** One element of a list that is not empty. */
export function randomPick<T>(holder: RandomState, items: readonly T[]): T {
  const item = items[Math.floor(nextRandom(holder) * items.length)];
  if (item === undefined) throw new Error("cannot pick from an empty list");
  return item;
}

const passwordAlphabet = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const passwordLength = 20;

/** A password that nobody but the caller of the request is told. */
export function randomPassword(holder: RandomState): string {
  return randomText(holder, passwordAlphabet, passwordLength);
}
