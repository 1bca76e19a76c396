import { describe, expect, it } from "vitest";
import { parseSettings, SettingsRefused } from "./settings.ts";

const secret = "hunter2-hunter2";
const known = { BASE_URL: "https://pressluft.example.org/", OPERATOR_EMAIL: "a@b.c", OPERATOR_PASSWORD: secret };

describe("the environment of a smoke", () => {
  it("may be empty: then a local cloud is started", () => {
    const { target, budgets, nodeChoice } = parseSettings({ OPERATOR_PASSWORD: secret, PATH: "/bin" });
    expect(target).toBeNull();
    expect(nodeChoice).toEqual({});
    expect(Object.values(budgets).every((seconds) => seconds >= 60)).toBe(true);
  });

  it("names a deployment and who calls", () => {
    expect(parseSettings(known).target).toEqual({
      baseUrl: "https://pressluft.example.org",
      credentials: { kind: "password", email: "a@b.c", password: secret },
      providerToken: null,
    });
  });

  it("prefers an API token, and takes empty variables for none, as CI sets them", () => {
    const given = { ...known, API_TOKEN: "t", PROVIDER_API_TOKEN: "", SMOKE_JOB_SECONDS: "" };
    expect(parseSettings(given).target).toMatchObject({
      credentials: { kind: "token", token: "t" },
      providerToken: null,
    });
  });

  it("sets budgets and what a new node is", () => {
    const given = { SMOKE_NODE_SECONDS: "600", SMOKE_SERVER_TYPE: "cx33", SMOKE_LOCATION: "fsn1" };
    const { budgets, nodeChoice } = parseSettings(given);
    expect(budgets.node).toBe(600);
    expect(nodeChoice).toEqual({ server_type: "cx33", location: "fsn1" });
  });

  it.each(["http://127.0.0.1:8080", "http://localhost:8080", "http://[::1]:8080", "http://x.localhost"])(
    "takes plain http on this machine: %s",
    (BASE_URL) => {
      expect(parseSettings({ ...known, BASE_URL }).target?.baseUrl).toBe(BASE_URL);
    },
  );

  it.each([
    ["http://pressluft.example.org", "BASE_URL"],
    ["http://localhost.example.org", "BASE_URL"],
    [`https://me:${secret}@pressluft.example.org`, "BASE_URL"],
    [`https://pressluft.example.org/?${secret}`, "BASE_URL"],
    ["ftp://pressluft.example.org", "BASE_URL"],
    [secret, "BASE_URL"],
  ])("refuses %s", (BASE_URL, name) => {
    expect(refusalOf({ ...known, BASE_URL })).toContain(name);
  });

  it.each(["OPERATOR_EMAIL", "OPERATOR_PASSWORD"])("misses %s", (name) => {
    expect(refusalOf({ ...known, [name]: "" })).toContain("OPERATOR_EMAIL and OPERATOR_PASSWORD, or API_TOKEN");
  });

  it.each(["0", "-1", "ten", "1e3"])("refuses %s seconds", (SMOKE_JOB_SECONDS) => {
    expect(refusalOf({ SMOKE_JOB_SECONDS })).toContain("SMOKE_JOB_SECONDS");
  });
});

/** Why it is refused, which never quotes a value. */
const refusalOf = (environment: Record<string, string>): string => {
  try {
    parseSettings(environment);
  } catch (error) {
    if (!(error instanceof SettingsRefused)) throw error;
    expect(error.message).not.toContain(secret);
    return error.message;
  }
  throw new Error("it was not refused");
};
