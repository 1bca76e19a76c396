/** Keys that make a repeated wish one wish (Idempotency-Key). */

/** One key for each wish of one form: a click that is repeated, or whose answer was lost, asks once. */
export const makeKeys = (newId: () => string) => {
  const keys = new Map<string, string>();
  return (wish: object): string => {
    const text = JSON.stringify(wish);
    const key = keys.get(text) ?? newId();
    keys.set(text, key);
    return key;
  };
};
