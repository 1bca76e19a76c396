/** Takes what has failed into service again, once the node says that it answers. */
import { createMutation, useQueryClient } from "@tanstack/solid-query";
import { type JSX, Show } from "solid-js";
import { unknownWords } from "../words/faults.ts";
import { Failure } from "./answers.tsx";

/** `ask`: sends the question. `word`: on the button. */
export const Reset = (props: { ask(): Promise<unknown>; readonly word: string }): JSX.Element => {
  const client = useQueryClient();
  const reset = createMutation(() => ({
    mutationFn: () => props.ask(),
    onSettled: () => client.invalidateQueries(),
  }));
  return (
    <>
      <button
        class="button"
        type="button"
        aria-disabled={reset.isPending ? "true" : undefined}
        onClick={() => reset.isPending || reset.mutate()}
      >
        {reset.isPending ? "Looking whether it answers …" : props.word}
      </button>
      <Show when={reset.error}>
        {(failure) => (
          <Failure
            failure={failure()}
            title="It is still failed."
            unknown={unknownWords("it is in service again", false)}
          />
        )}
      </Show>
    </>
  );
};
