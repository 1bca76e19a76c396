/** A button that copies a text, and says whether it did. */
import { createSignal, type JSX, onCleanup } from "solid-js";

const SAID_MS = 2000;
type Outcome = "copied" | "refused" | null;
const words = { copied: "Copied", refused: "Select it and copy" } as const;

/** `what`: for a screen reader, such as "the checksum". */
export const Copy = (props: {
  readonly text: string;
  readonly what: string;
  /** The main thing to do there. */
  readonly isMain?: boolean;
}): JSX.Element => {
  const [outcome, setOutcome] = createSignal<Outcome>(null);
  let timer: ReturnType<typeof setTimeout> | undefined;
  onCleanup(() => clearTimeout(timer));
  const say = (said: Outcome) => {
    setOutcome(said);
    clearTimeout(timer);
    timer = setTimeout(() => setOutcome(null), SAID_MS);
  };
  // Where the page is not on https there is no clipboard.
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(props.text);
      say("copied");
    } catch {
      say("refused");
    }
  };
  const word = () => {
    const said = outcome();
    return said === null ? "Copy" : words[said];
  };
  return (
    <>
      <button
        class={props.isMain ? "button primary" : "quiet"}
        type="button"
        aria-label={`Copy ${props.what}`}
        onClick={() => void copy()}
      >
        {word()}
      </button>
      <span class="visually-hidden" role="status">
        {outcome() === null ? "" : word()}
      </span>
    </>
  );
};
