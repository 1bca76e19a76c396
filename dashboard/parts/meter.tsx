import type { JSX } from "solid-js";
import type { Tone } from "../words/looks.ts";

/** How much there is of something, as a bar; the figures stand beside it. */
export const Meter = (props: {
  readonly label: string;
  readonly value: number;
  readonly max: number;
  readonly tone: Tone;
}): JSX.Element => (
  <meter class="meter" data-tone={props.tone} aria-label={props.label} min={0} max={props.max} value={props.value} />
);
