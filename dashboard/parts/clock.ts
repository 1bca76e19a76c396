/** The time on the screen: one clock for all ages, which ticks while somebody looks. */
import { createSignal } from "solid-js";
import { isAwake } from "../api/presence.ts";

const TICK_MS = 1000;
const [nowMs, setNowMs] = createSignal(Date.now());

/** Epoch milliseconds, a signal. */
export { nowMs };

/** Begins to tick. */
export const startClock = (): void => {
  setInterval(() => isAwake() && setNowMs(Date.now()), TICK_MS);
};
