import { runSmoke } from "../run.ts";
import type { Story } from "../stories.ts";
import { apiToken, email, type FakePressluft, password, providerToken } from "./fake-pressluft.ts";
import { makeSteppedClock, type SteppedClock } from "./stepped-clock.ts";

export interface Played {
  readonly code: number;
  readonly output: string;
  readonly clock: SteppedClock;
}

export interface PlayInput {
  readonly fake: FakePressluft;
  readonly story: Story;
  readonly environment?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly clock?: SteppedClock;
}

export const withPassword = { OPERATOR_EMAIL: email, OPERATOR_PASSWORD: password, PROVIDER_API_TOKEN: providerToken };
export const withToken = { API_TOKEN: apiToken };

/** Runs a smoke against the fake. Whatever it prints must hold no secret. @throws Error when it does */
export const play = async ({ fake, story, environment = withPassword, signal, clock }: PlayInput): Promise<Played> => {
  const lines: string[] = [];
  const stepped = clock ?? makeSteppedClock();
  const code = await runSmoke({
    name: "smoke",
    story,
    environment: { ...environment, BASE_URL: fake.baseUrl },
    program: { args: ["-e", "process.exit(1)"], stackFile: "none", logs: "none" },
    clock: stepped,
    signal: signal ?? new AbortController().signal,
    print: (line) => lines.push(line),
  });
  const output = lines.join("\n");
  if (/nobody-sees|wordpress_logged_in|pressluft_login=/.test(output))
    throw new Error(`a secret was printed: ${output}`);
  return { code, output, clock: stepped };
};
