/** The jobs that were asked for in this tab: whoever asked wants to know how they end. Forgotten with the page. */
import { createSignal } from "solid-js";

const [started, setStarted] = createSignal<readonly string[]>([]);

/** Ids of those that nobody was told the end of. */
export { started };

export const remember = (jobId: string): void => {
  setStarted((before) => [...new Set([...before, jobId])]);
};

export const forget = (jobId: string): void => {
  setStarted((before) => before.filter((id) => id !== jobId));
};
