import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import type { Case, Outcome } from "./outcome.ts";
import { outcomeSchema } from "./outcome.ts";

/** A case with what the client must know about the server. */
export interface GoCall {
  readonly of: Case;
  readonly endpoint: string;
  readonly token: string;
}

/** Makes all calls with hcloud-go in one run of the program. Throws when the program fails. */
export async function performWithGo(program: string, calls: readonly GoCall[]): Promise<Outcome[]> {
  const child = spawn(program, [], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise<number | null>((resolve, reject) => child.on("error", reject).on("close", resolve));
  const lines = calls.map(({ of, endpoint, token }) =>
    JSON.stringify({
      name: of.name,
      endpoint,
      token,
      timeoutMs: of.timeoutMs ?? 0,
      operation: of.operation,
      args: of.args,
    }),
  );
  child.stdin.end(`${lines.join("\n")}\n`);
  const [said, code] = await Promise.all([text(child.stdout), ended]);
  if (code !== 0) throw new Error(`the hcloud-go program ended with ${code}`);
  return said
    .trimEnd()
    .split("\n")
    .map((line) => outcomeSchema.parse(JSON.parse(line)));
}
