/** Times, money and sizes as people read them. */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** "38 s", "12 min", "5 h", "41 d": how long ago or how long. */
export const spanWord = (ms: number): string => {
  const whole = Math.max(0, ms);
  if (whole < MINUTE_MS) return `${Math.floor(whole / 1000)} s`;
  if (whole < HOUR_MS) return `${Math.floor(whole / MINUTE_MS)} min`;
  return whole < DAY_MS ? `${Math.floor(whole / HOUR_MS)} h` : `${Math.floor(whole / DAY_MS)} d`;
};

/** "0.4 s", "31 s", "2 min 5 s": how long a step took. */
export const durationWord = (ms: number): string => {
  if (ms < 10_000) return `${(Math.max(0, ms) / 1000).toFixed(1)} s`;
  if (ms < MINUTE_MS) return `${Math.floor(ms / 1000)} s`;
  const seconds = Math.floor((ms % MINUTE_MS) / 1000);
  return ms < HOUR_MS ? `${Math.floor(ms / MINUTE_MS)} min ${seconds} s` : spanWord(ms);
};

const money = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const whole = new Intl.NumberFormat("en");

/** "€1,008.49". Null, when nobody knows: "not known". */
export const euroWord = (eur: number | null): string => (eur === null ? "not known" : `€${money.format(eur)}`);

const units = ["B", "kB", "MB", "GB", "TB"];

/** "13.1 MB", in powers of 1000. */
export const sizeWord = (bytes: number): string => {
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const shown = bytes / 1000 ** power;
  return `${power === 0 ? shown : shown.toFixed(1)} ${units[power]}`;
};

/** "1,000". */
export const numberWord = (count: number): string => whole.format(count);

/** "3 nodes", "1 node", "1,000 nodes". */
export const countWord = (count: number, one: string, many = `${one}s`): string =>
  `${numberWord(count)} ${count === 1 ? one : many}`;

/** Words that begin a sentence elsewhere, in the middle of one. Names keep their capital. */
export const inSentence = (words: string): string =>
  /^(Hetzner|WordPress|SSH)\b/.test(words) ? words : words.charAt(0).toLowerCase() + words.slice(1);
