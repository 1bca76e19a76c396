/** The jobs that were asked for in this tab: whoever asked wants to know how they end. Forgotten with the page. */
import { createSignal } from "solid-js";
import { orders } from "./keys.ts";

const [started, setStarted] = createSignal<readonly string[]>([]);
let asker: string | null = null;

/** Ids of those that nobody was told the end of. */
export { started };

export const remember = (jobId: string): void => {
  setStarted((before) => [...new Set([...before, jobId])]);
};

export const forget = (jobId: string): void => {
  setStarted((before) => before.filter((id) => id !== jobId));
};

/** Who is logged in, by e-mail. What somebody else asked for is not told to them, nor what they wished for kept. */
export const belongTo = (email: string): void => {
  if (asker !== null && asker !== email) {
    setStarted([]);
    orders.forget();
  }
  asker = email;
};
