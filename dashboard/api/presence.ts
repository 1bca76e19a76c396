/** Whether somebody looks at the page, and whether the network is there. */
import { createSignal } from "solid-js";
import { IDLE_MS } from "./polling.ts";

const [isAwake, setAwake] = createSignal(true);
const [isOnline, setOnline] = createSignal(true);

/** False while the page is hidden, and after ten minutes without a key or a pointer: then nothing is asked. */
export { isAwake, isOnline };

/** Begins to watch. The timer is one: each sign of life only moves it. */
export function watchPresence(page: Document, view: Window): void {
  let timer = 0;
  const rest = () => setAwake(false);
  const wake = () => {
    view.clearTimeout(timer);
    if (page.hidden) return rest();
    setAwake(true);
    timer = view.setTimeout(rest, IDLE_MS);
  };
  page.addEventListener("visibilitychange", wake);
  for (const sign of ["pointerdown", "pointermove", "keydown", "scroll", "focus"]) {
    view.addEventListener(sign, wake, { passive: true, capture: true });
  }
  view.addEventListener("online", () => setOnline(true));
  view.addEventListener("offline", () => setOnline(false));
  setOnline(view.navigator.onLine);
  wake();
}
