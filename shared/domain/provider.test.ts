import { describe, expect, it } from "vitest";
import { providerConnection } from "../../contracts/models.ts";
import {
  canAcquire,
  disconnect,
  disconnectedProvider,
  keySecretName,
  type ProviderRecord,
  presentProvider,
  retire,
  sshKeyName,
  tokenSecretName,
  withoutToken,
} from "./provider.ts";

const nowMs = Date.parse("2026-11-22T12:00:00Z");
const key = { secretName: "k", publicKey: "ssh-ed25519 AAAA", fingerprintMd5: "aa:bb", hetznerId: 7 };
const connected: ProviderRecord = {
  ...disconnectedProvider("hetzner", nowMs),
  status: "connected",
  guidance: [],
  tokenSecret: "token-1",
  tokenVerified: true,
  managedKey: key,
  connectedAtMs: nowMs,
  version: 3,
};

describe("a provider", () => {
  it("can acquire nodes only when connected with a verified token and a key", () => {
    const table: [string, Partial<ProviderRecord>, boolean][] = [
      ["connected", {}, true],
      ["degraded", { status: "degraded" }, false],
      ["disconnected", { status: "disconnected" }, false],
      ["without a token", { tokenSecret: null }, false],
      ["with an unverified token", { tokenVerified: false }, false],
      ["without a key", { managedKey: null }, false],
    ];
    for (const [name, change, expected] of table) {
      expect(canAcquire({ ...connected, ...change }), name).toBe(expected);
    }
  });

  it("that nobody connected is shown with the steps to a token", () => {
    const shown = presentProvider(disconnectedProvider("hetzner", nowMs), undefined);
    expect(providerConnection.parse(shown)).toMatchObject({
      provider_id: "hetzner",
      status: "disconnected",
      status_reason: null,
      secret_configured: false,
      connected_at: null,
      rate_limit: null,
    });
    expect(shown.guidance.join(" ")).toContain("Read & Write");
  });

  it("shows the project's request budget in whole numbers, and only while a token is stored", () => {
    const budget = { limit: 3600, remaining: 3599.7, resetAtMs: nowMs, seenAtMs: nowMs };
    expect(presentProvider(connected, budget).rate_limit).toEqual({ limit: 3600, remaining: 3599 });
    expect(presentProvider({ ...connected, tokenSecret: null }, budget).rate_limit).toBeNull();
  });

  it("shows neither the name of the secret nor the key", () => {
    const shown = JSON.stringify(presentProvider(connected, undefined));
    expect(shown).not.toContain("token-1");
    expect(shown).not.toContain("AAAA");
  });

  it("loses its token when disconnected, lists the secret for destruction and keeps the key itself", () => {
    const after = disconnect({ ...connected, retiredSecrets: ["token-0"] }, nowMs + 1);
    expect(after).toMatchObject({ status: "disconnected", tokenSecret: null, tokenVerified: false, version: 3 });
    expect(after.retiredSecrets).toEqual(["token-0", "token-1"]);
    expect(after.managedKey).toEqual({ ...key, hetznerId: null });
  });

  it("still knows which project it was when its secret has vanished", () => {
    const after = withoutToken(connected, nowMs);
    expect(after).toMatchObject({ status: "disconnected", tokenSecret: null, managedKey: key });
  });

  it("retires the old secret once, and none when nothing was stored or nothing changes", () => {
    expect(retire(connected, "token-2")).toEqual(["token-1"]);
    expect(retire(connected, "token-1")).toEqual([]);
    expect(retire({ ...connected, tokenSecret: null }, "token-2")).toEqual([]);
  });
});

describe("names", () => {
  const installation = "0190a5d0-0000-7000-8000-0123456789ab";

  it("of secrets tell the installation and the kind, which access is granted by", () => {
    expect(tokenSecretName(installation, "x")).toBe(`pressluft/${installation}/token/x`);
    expect(keySecretName(installation, "hetzner")).toBe(`pressluft/${installation}/ssh-key/hetzner`);
  });

  it("of our SSH key end in the random part of the installation's id", () => {
    expect(sshKeyName(installation)).toBe("pressluft-456789ab");
  });
});
