/** A long list of which only the beginning is drawn, and more as its end comes near: a thousand rows cost too much at once. */
import { type Accessor, createEffect, createMemo, createSignal, on, onCleanup } from "solid-js";

const FIRST = 100;
const STEP = 200;
/** How far below the screen the end is drawn on. */
const AHEAD = "1200px";

export interface Stretch<T> {
  readonly drawn: Accessor<readonly T[]>;
  /** How many are not drawn yet. */
  readonly rest: Accessor<number>;
  more(): void;
  /** What stands at the end: when it comes near, more is drawn. */
  watchEnd(end: Element): void;
}

/** `order`: of another one the beginning is shown again. */
export const createStretch = <T>(items: Accessor<readonly T[]>, order: Accessor<unknown>): Stretch<T> => {
  const [limit, setLimit] = createSignal(FIRST);
  createEffect(on(order, () => setLimit(FIRST), { defer: true }));
  const more = () => setLimit((before) => before + STEP);
  const watchEnd = (end: Element) => {
    const observer = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && more(), {
      rootMargin: AHEAD,
    });
    observer.observe(end);
    onCleanup(() => observer.disconnect());
    // An end that stays near is not told of again by itself.
    createEffect(
      on(
        limit,
        () => {
          observer.unobserve(end);
          observer.observe(end);
        },
        { defer: true },
      ),
    );
  };
  return {
    drawn: createMemo(() => items().slice(0, limit())),
    rest: createMemo(() => Math.max(0, items().length - limit())),
    more,
    watchEnd,
  };
};
