import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { realClock } from "./clock.ts";
import { NoCloud, type Program, startCloud } from "./cloud.ts";
import { runSmoke } from "./run.ts";
import { clonePreview } from "./stories.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "smoke-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

const stack = {
  base_url: "http://127.0.0.1:1",
  operator_email: "operator@pressluft.test",
  operator_password: "a-password-that-nobody-sees",
  hetzner_token: "a-provider-token-that-nobody-sees",
};

/** A program that writes what it was told, in the order of the real one. */
const program = (code: string): Program => {
  const stackFile = join(dir, "stack.json");
  const ready = `require("node:fs").writeFileSync(${JSON.stringify(stackFile)}, ${JSON.stringify(JSON.stringify(stack))});`;
  return { args: ["-e", code.replace("READY", ready)], stackFile, logs: "logs" };
};

const starts =
  'console.log("   0.1 s  Starting"); READY console.log("login " + "a-password-that-nobody-sees"); setInterval(() => {}, 9e5);';

const start = (code: string, signal = new AbortController().signal) => {
  const said: string[] = [];
  const hidden: string[] = [];
  const input = { program: program(code), budgetSeconds: 60, clock: realClock, signal };
  const cloud = startCloud({ ...input, say: (line) => said.push(line), hide: (secret) => hidden.push(secret) });
  return { cloud, said, hidden };
};

describe("a local cloud of a smoke", () => {
  it("is ready when its file is there; of what it says only the progress is passed on", async () => {
    const { cloud, said, hidden } = start(starts);
    const { target, stop } = await cloud;
    await stop();
    expect(target).toEqual({
      baseUrl: stack.base_url,
      credentials: { kind: "password", email: stack.operator_email, password: stack.operator_password },
      providerToken: stack.hetzner_token,
    });
    expect(said).toEqual(["0.1 s  Starting"]);
    expect(hidden).toEqual([stack.operator_password, stack.hetzner_token]);
  });

  it("is told to stop, and waited for until it is gone", async () => {
    const gone = join(dir, "gone");
    const last = `process.on("SIGTERM", () => { require("node:fs").writeFileSync(${JSON.stringify(gone)}, ""); process.exit(0); });`;
    const { stop } = await start(last + starts).cloud;
    await Promise.all([stop(), stop()]);
    rmSync(gone);
  });

  it("that cannot start says why, in its own words", async () => {
    const { cloud } = start('console.error("--machines real cannot be: it takes root."); process.exit(1);');
    await expect(cloud).rejects.toThrow(new NoCloud("--machines real cannot be: it takes root."));
  });

  it("that ends without a word is no cloud either", async () => {
    await expect(start("process.exit(7)").cloud).rejects.toThrow(new NoCloud("it ended with 7"));
  });

  it("is stopped when the person asks to stop while it starts", async () => {
    const stop = new AbortController();
    const { cloud } = start('console.log("   0.1 s  Starting"); setInterval(() => {}, 9e5);', stop.signal);
    stop.abort(new Error("told to stop"));
    await expect(cloud).rejects.toThrow("told to stop");
  });

  it("gets none of the secrets that are meant for a deployment", async () => {
    process.env.PROVIDER_API_TOKEN = "a-token-of-somebody";
    try {
      const { cloud } = start('console.error(Object.keys(process.env).join(" ")); process.exit(1);');
      const names = await cloud.catch((error: unknown) => String(error));
      expect(names).toContain("PATH");
      expect(names).not.toContain("PROVIDER_API_TOKEN");
    } finally {
      delete process.env.PROVIDER_API_TOKEN;
    }
  });
});

describe("a smoke without BASE_URL", () => {
  const run = async (code: string) => {
    const lines: string[] = [];
    const input = { name: "smoke", story: clonePreview, environment: { SMOKE_REQUEST_SECONDS: "1" }, clock: realClock };
    const signal = new AbortController().signal;
    const exitCode = await runSmoke({ ...input, program: program(code), signal, print: (line) => lines.push(line) });
    return { exitCode, lines };
  };

  it("ends with 3 and one clear line when no local cloud can be had", async () => {
    const { exitCode, lines } = await run(
      'console.error("--machines real cannot be: it takes root."); process.exit(1);',
    );
    expect(exitCode).toBe(3);
    expect(lines).toEqual(["The local cloud cannot be had here: --machines real cannot be: it takes root."]);
  });

  it("stops the cloud also when it fails", async () => {
    const { exitCode, lines } = await run(starts);
    expect(exitCode).toBe(1);
    expect(lines.at(-1)).toBe("          The local cloud is stopped. Its logs: logs");
    expect(lines.join("\n")).toMatch(/FAILED {2}log in \(.* s\): the API did not answer/);
    expect(lines.join("\n")).not.toContain("nobody-sees");
  });

  it("ends with 2 when the environment is incomplete", async () => {
    const lines: string[] = [];
    const input = { name: "smoke", story: clonePreview, clock: realClock, program: program("") };
    const environment = { BASE_URL: "https://pressluft.example.org" };
    const signal = new AbortController().signal;
    expect(await runSmoke({ ...input, environment, signal, print: (line) => lines.push(line) })).toBe(2);
    expect(lines).toEqual(["With BASE_URL, set OPERATOR_EMAIL and OPERATOR_PASSWORD, or API_TOKEN."]);
  });
});
