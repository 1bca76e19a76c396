import { createServer } from "node:net";
import { inspect } from "node:util";
import { describe, expect, it, vi } from "vitest";
import { type HetznerOptions, makeHetzner, type RateLimit } from "./index.ts";
import { BODY_MAX_BYTES } from "./link-http.ts";
import { errorOf, sampleToken, wireError, wireServer } from "./testing/fixtures.ts";
import { type Exchange, type ScriptedServer, withServer } from "./testing/scripted-server.ts";
import { makeSteppedClock } from "./testing/stepped-clock.ts";

const get: Exchange = { method: "GET", path: "/servers/1" };
const wireBody = { name: "web-1", server_type: "cx23", image: "debian-13" };
const post: Exchange = { method: "POST", path: "/servers", body: wireBody };
const order = { name: "web-1", serverType: "cx23", image: "debian-13" };
const server = { server: wireServer(1) };
const quota = { "ratelimit-limit": "3600", "ratelimit-remaining": "3599", "ratelimit-reset": "1795000001" };

function client({ endpoint }: Pick<ScriptedServer, "endpoint">, options: Partial<HetznerOptions> = {}) {
  return makeHetzner({ token: sampleToken, endpoint, maxRetries: 0, ...options });
}

describe("a request", () => {
  it("carries the token, the user agent and Accept; the body's type only with a body", async () => {
    await withServer(
      [
        { ...get, json: server },
        { ...get, json: server },
      ],
      async (scripted) => {
        await client(scripted, { endpoint: `${scripted.endpoint}//` }).servers.get(1);
        await client(scripted, { userAgent: "shop/1.2" }).servers.get(1);
        const [plain, named] = scripted.received.map(({ headers }) => headers);
        expect(plain).toMatchObject({ authorization: `Bearer ${sampleToken}`, accept: "application/json" });
        expect(plain?.["user-agent"]).toBe("hetzner-ts/0.1.0");
        expect(named?.["user-agent"]).toBe("shop/1.2 hetzner-ts/0.1.0");
      },
    );
  });

  it.each([
    ["no token", { token: "" }],
    ["a line break in the token", { token: "abc\ndef" }],
    ["a token beyond Latin-1", { token: "abc\u20acdef" }],
    ["an endpoint that is none", { endpoint: "api.hetzner.cloud" }],
    ["an endpoint with credentials", { endpoint: "https://a:b@example.com" }],
    ["an endpoint with a query", { endpoint: "https://example.com/v1?a=b" }],
    ["an endpoint with an empty query", { endpoint: "https://example.com/v1?" }],
    ["an endpoint with a fragment", { endpoint: "https://example.com/v1#x" }],
    ["an endpoint with a space before it", { endpoint: " https://example.com/v1" }],
    ["an endpoint with a space behind it", { endpoint: "https://example.com/v1 " }],
    ["an endpoint with a line break", { endpoint: "https://example.com/\nv1" }],
    ["an endpoint with a NUL", { endpoint: "https://example.com/v1\0" }],
    ["an endpoint of another protocol", { endpoint: "ftp://example.com/v1" }],
    ["a user agent with a line break", { userAgent: "a\r\nb" }],
  ])("is never made with %s", (_, options) => {
    const fetch = vi.fn<typeof globalThis.fetch>();
    const make = () => makeHetzner({ token: sampleToken, fetch, ...options });
    expect(make).toThrow(expect.objectContaining({ class: "invalid_request", operation: "client", effect: "none" }));
    expect(fetch).not.toHaveBeenCalled();
  });

  it.each([0, -1, 1.5, Number.NaN, 2 ** 60])("is never made for the id %d", async (id) => {
    const fetch = vi.fn<typeof globalThis.fetch>();
    const error = await errorOf(makeHetzner({ token: sampleToken, fetch }).servers.delete(id));
    expect(error).toMatchObject({ class: "invalid_request", operation: "servers.delete" });
    expect(fetch).not.toHaveBeenCalled();
  });
});

describe("an input that JSON cannot hold", () => {
  const circle: Record<string, string> = {};
  Object.assign(circle, { circle });

  it.each([
    ["a circle", circle],
    ["a BigInt", Object.fromEntries([["a", "1"]].map(([key = "", value]) => [key, Object(BigInt(value ?? ""))]))],
    [
      "something that throws",
      Object.defineProperty({}, "a", {
        enumerable: true,
        get() {
          throw new Error(sampleToken);
        },
      }),
    ],
  ])("is refused here, with nothing sent: %s", async (_, labels) => {
    const fetch = vi.fn<typeof globalThis.fetch>();
    const error = await errorOf(makeHetzner({ token: sampleToken, fetch }).servers.create({ ...order, labels }));
    expect(error).toMatchObject({ class: "invalid_request", effect: "none", retryable: false });
    expect(error).toMatchObject({ operation: "servers.create", text: "the input cannot be written as JSON" });
    expect(fetch).not.toHaveBeenCalled();
  });
});

describe("an answer that cannot be used", () => {
  const noise = "x".repeat(BODY_MAX_BYTES + 1);
  it.each<[string, Partial<Exchange>, string | null]>([
    ["empty", { text: "" }, null],
    ["cut JSON", { text: '{"server": {' }, null],
    ["HTML", { text: "<html></html>" }, null],
    ["JSON of another form", { json: { server: { id: "1" } } }, null],
    ["deep nesting", { text: "[".repeat(100_000) + "]".repeat(100_000) }, null],
    ["a status of no kind", { status: 304 }, null],
    ["a redirect", { status: 307, headers: { location: "http://127.0.0.1:9/" } }, "REDIRECT"],
    ["more than 5 MiB", { text: noise }, "BODY_TOO_LARGE"],
  ])("is an unexpected response: %s", async (_, fault, code) => {
    await withServer(
      [
        { ...get, ...fault },
        { ...post, status: 201, ...fault },
      ],
      async (scripted) => {
        const hetzner = client(scripted);
        const wanted = { class: "unexpected_response", code };
        expect(await errorOf(hetzner.servers.get(1))).toMatchObject({ ...wanted, effect: "none" });
        expect(await errorOf(hetzner.servers.create(order))).toMatchObject({ ...wanted, effect: "unknown" });
      },
    );
  });

  it("names the field at fault, not its value", async () => {
    const odd = { server: wireServer(1, { created: { secret: "value" } }) };
    await withServer([{ ...get, json: odd, headers: { "x-correlation-id": "abc123" } }], async (scripted) => {
      const error = await errorOf(client(scripted).servers.get(1));
      expect(error.message).toContain("server.created (invalid_type) (200, abc123)");
      expect(error.message).not.toContain("value");
    });
  });
});

describe("no answer", () => {
  it("because the connection was cut: a write may have happened", async () => {
    const cut: Exchange[] = [
      { ...post, fault: "reset" },
      { ...post, status: 201, json: server, fault: "truncate" },
    ];
    await withServer(cut, async (scripted) => {
      for (const _ of cut) {
        const error = await errorOf(client(scripted).servers.create(order));
        expect(error).toMatchObject({ class: "unavailable", httpStatus: null, effect: "unknown" });
        expect(["ECONNRESET", "UND_ERR_SOCKET"]).toContain(error.code);
      }
    });
  });

  it("because nothing listens: a write has not happened", async () => {
    let gone = "";
    await withServer([], async ({ endpoint }) => {
      gone = endpoint;
    });
    const error = await errorOf(client({ endpoint: gone }).servers.create(order));
    expect(error).toMatchObject({ class: "unavailable", code: "ECONNREFUSED", effect: "none", retryable: true });
  });

  it("because what listens there does not speak HTTP", async () => {
    const stranger = createServer((socket) => socket.on("error", () => {}).end("SSH-2.0-OpenSSH_9\r\n"));
    await new Promise<void>((resolve) => stranger.listen(0, "127.0.0.1", resolve));
    const address = stranger.address();
    const port = typeof address === "object" ? address?.port : 0;
    const error = await errorOf(client({ endpoint: `http://127.0.0.1:${port}` }).servers.create(order));
    stranger.close();
    expect(error).toMatchObject({ class: "unexpected_response", code: "HPE_INVALID", effect: "unknown" });
  });

  it("within the time of a read, of a write, of the whole call", async () => {
    const cases = [
      { exchange: get, afterMs: 10_000, options: {} },
      { exchange: post, afterMs: 20_000, options: {} },
      { exchange: post, afterMs: 3_000, options: { deadlineMs: 3_000 } },
      { exchange: get, afterMs: 700, options: { readTimeoutMs: 700 } },
    ];
    for (const { exchange, afterMs, options } of cases) {
      await withServer([{ ...exchange, fault: "hang" }], async (scripted) => {
        const clock = makeSteppedClock();
        const { servers } = client(scripted, { clock, ...options });
        const error = errorOf(exchange === get ? servers.get(1) : servers.create(order));
        await scripted.arrived(1);
        expect(clock.pending()).toEqual([afterMs]);
        await clock.advance(afterMs);
        const effect = exchange === get ? "none" : "unknown";
        expect(await error).toMatchObject({ class: "timeout", code: "DEADLINE", effect });
        expect(clock.pending()).toEqual([]);
      });
    }
  });

  it("is waited for any longer once the answer is there", async () => {
    await withServer([{ ...get, json: server }], async (scripted) => {
      const clock = makeSteppedClock();
      await client(scripted, { clock }).servers.get(1);
      expect(clock.pending()).toEqual([]);
    });
  });

  it("because the caller gave up: its own reason comes back", async () => {
    await withServer([{ ...get, fault: "hang" }], async (scripted) => {
      const clock = makeSteppedClock();
      const caller = new AbortController();
      const call = client(scripted, { clock }).servers.get(1, { signal: caller.signal });
      await scripted.arrived(1);
      caller.abort(new Error("enough"));
      await expect(call).rejects.toThrow("enough");
      expect(clock.pending()).toEqual([]);
    });
  });
});

describe("the rate limit", () => {
  it("is read from every answer, errors too", async () => {
    const seen: RateLimit[] = [];
    const script = [
      { ...get, json: server, headers: quota },
      {
        ...get,
        status: 429,
        json: wireError("rate_limit_exceeded"),
        headers: { ...quota, "ratelimit-remaining": "0" },
      },
      { ...get, json: server, headers: { ...quota, "ratelimit-limit": "many" } },
      { ...get, json: server },
    ];
    await withServer(script, async (scripted) => {
      const clock = makeSteppedClock(5_000);
      const hetzner = client(scripted, { clock, onRateLimit: (limit) => seen.push(limit) });
      for (const _ of script) await hetzner.servers.get(1).catch(() => {});
      const common = { limit: 3600, resetAtMs: 1_795_000_001_000, seenAtMs: 5_000 };
      expect(seen).toEqual([
        { ...common, remaining: 3599 },
        { ...common, remaining: 0 },
      ]);
    });
  });
});

describe("observers", () => {
  it("hear of unknown codes, and cannot break a call", async () => {
    const codes: string[] = [];
    const script = [
      { ...get, status: 422, json: wireError("brand_new") },
      { ...get, status: 422, json: wireError("invalid_input") },
      { ...get, json: server, headers: quota },
    ];
    await withServer(script, async (scripted) => {
      const onRateLimit = () => {
        throw new Error("observer");
      };
      const hetzner = client(scripted, { onUnknownCode: (code) => codes.push(code), onRateLimit });
      await errorOf(hetzner.servers.get(1));
      await errorOf(hetzner.servers.get(1));
      expect((await hetzner.servers.get(1))?.id).toBe(1);
    });
    expect(codes).toEqual(["brand_new"]);
  });

  it.each<[string, unknown, string[]]>([
    ["no word of the API", wireError("BrandNew"), ["<unreadable>"]],
    ["a number", { error: { code: 5, message: "bad" } }, ["<unreadable>"]],
    ["the token", wireError(sampleToken), ["<unreadable>"]],
    ["nothing", { error: { message: "bad" } }, []],
    ["null", { error: { code: null, message: "bad" } }, []],
    ["empty", wireError(""), []],
  ])("hear that a code is unreadable, without its text: %s", async (_, json, wanted) => {
    const codes: string[] = [];
    await withServer([{ ...get, status: 422, json }], async (scripted) => {
      const error = await errorOf(client(scripted, { onUnknownCode: (code) => codes.push(code) }).servers.get(1));
      expect(error).toMatchObject({ class: "invalid_request", code: null });
    });
    expect(codes).toEqual(wanted);
  });
});

/** The same JSON, with the token's first character spelled as JSON may spell it too. */
const escaped = (json: string) => json.replaceAll(sampleToken, `\\u0051${sampleToken.slice(1)}`);

describe("the token", () => {
  it("is in no error and in no value, even when the answers quote it", async () => {
    const echo = `Bearer ${sampleToken} '${sampleToken.slice(0, 32)}' ${sampleToken.slice(20, 32)}`;
    const asJson = { headers: { "content-type": "application/json" } };
    const details = { fields: [{ name: echo, messages: [echo] }], limits: [{ name: echo }] };
    const script: Exchange[] = [
      { ...get, status: 429, json: wireError("rate_limit_exceeded", echo, details) },
      { ...get, json: { server: wireServer(1, { name: echo }) } },
      {
        ...get,
        status: 429,
        text: escaped(JSON.stringify(wireError("rate_limit_exceeded", echo, details))),
        ...asJson,
      },
      { ...get, json: { server: wireServer(1, { labels: { [sampleToken]: echo } }) } },
      {
        ...get,
        text: escaped(JSON.stringify({ server: wireServer(1, { name: echo, labels: { [sampleToken]: echo } }) })),
      },
      { ...get, fault: "reset" },
    ];
    await withServer(script, async (scripted) => {
      const hetzner = client(scripted);
      for (const _ of script) {
        const outcome = await hetzner.servers.get(1).catch((error: unknown) => error);
        const shown = `${inspect(outcome, { depth: 9, showHidden: true })}${JSON.stringify(outcome)}`;
        for (let at = 0; at + 12 <= sampleToken.length; at++) {
          expect(shown.includes(sampleToken.slice(at, at + 12))).toBe(false);
        }
      }
    });
  });
});
