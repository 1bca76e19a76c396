import { beforeAll, describe, expect, it } from "vitest";
import { apiError } from "../../contracts/models.ts";
import { findOperator, putOperator } from "../../shared/store/auth.ts";
import {
  jsonRequest,
  makeWorld,
  operatorEmail,
  readBody,
  type World,
  withSession,
  withToken,
} from "../http/testing.ts";
import { hashPassword } from "./password.ts";

const password = "correct-horse-battery-staple";
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

let passwordHash = "";
beforeAll(async () => {
  passwordHash = await hashPassword(password, (size) => new Uint8Array(size).fill(7));
});

/** A world whose operator has the password above. */
const makeWorldWithPassword = async (cookieSecure = true): Promise<World> => {
  const world = await makeWorld({}, cookieSecure);
  await changePassword(world, passwordHash);
  return world;
};
const changePassword = async ({ table, startMs }: World, hash: string) =>
  putOperator(table, { before: await findOperator(table), email: operatorEmail, passwordHash: hash, nowMs: startMs });

const login = async (world: World, email: string, given: string) => {
  const response = await world.send(jsonRequest("POST", "/api/login", { email, password: given }, {}));
  return { ...response, body: readBody(response) };
};
const statusOf = async (...args: Parameters<typeof login>) => (await login(...args)).statusCode;

const cookieOf = (setCookie: string | undefined) => setCookie?.split(";")[0] ?? "";
const sessionStatus = async (world: World, cookie: string) =>
  (await world.send({ method: "GET", path: "/api/session", cookies: [cookie] })).statusCode;

const logIn = async (world: World): Promise<string> =>
  cookieOf((await login(world, operatorEmail, password)).cookies?.[0]);

describe("log-in", () => {
  it("with the right password gives a cookie that opens a session", async () => {
    const world = await makeWorldWithPassword();
    const answer = await login(world, operatorEmail, password);
    expect([answer.statusCode, answer.body]).toEqual([200, { success: true }]);
    expect(answer.cookies).toEqual([
      expect.stringMatching(
        /^session_token=[A-Za-z0-9_-]{43}; Max-Age=86400; Path=\/; HttpOnly; SameSite=Strict; Secure$/,
      ),
    ]);
    expect(await sessionStatus(world, cookieOf(answer.cookies?.[0]))).toBe(200);
  });

  it("over plain http gives a cookie that plain http carries", async () => {
    const world = await makeWorldWithPassword(false);
    expect((await login(world, operatorEmail, password)).cookies?.[0]).not.toContain("Secure");
  });

  it.each([
    [` ${operatorEmail.toUpperCase()} `, password, 200],
    [operatorEmail, `${password}x`, 401],
    [operatorEmail, ` ${password}`, 401],
    [operatorEmail, password.toUpperCase(), 401],
    ["eve@example.org", password, 401],
    [" ", password, 401],
  ])("as %j with %j is answered %i", async (email, given, status) => {
    expect(await statusOf(await makeWorldWithPassword(), email, given)).toBe(status);
  });

  it("does not tell a wrong password from an unknown e-mail", async () => {
    const world = await makeWorldWithPassword();
    const answers = [await login(world, operatorEmail, "wrong"), await login(world, "eve@example.org", "wrong")];
    const [known, unknown] = answers.map(({ body }) => apiError.parse(body));
    expect(known).toEqual(unknown);
    expect(known?.code).toBe("unauthorized");
  });

  it("before there is an operator is a 401", async () => {
    const world = await makeWorld();
    await world.table.write({ delete: { pk: "OPERATOR", sk: "OPERATOR" } });
    expect(await statusOf(world, operatorEmail, password)).toBe(401);
  });
});

describe("a session", () => {
  it("ends after 24 hours", async () => {
    const world = await makeWorldWithPassword();
    const cookie = await logIn(world);
    world.advance(24 * hourMs - 1);
    expect(await sessionStatus(world, cookie)).toBe(200);
    world.advance(1);
    expect(await sessionStatus(world, cookie)).toBe(401);
  });

  it("ends at once with log-out, and only that one", async () => {
    const world = await makeWorldWithPassword();
    const [first, second] = [await logIn(world), await logIn(world)];
    const response = await world.send({ method: "POST", path: "/api/logout", cookies: [first] });
    expect(response.statusCode).toBe(200);
    expect(response.cookies).toEqual(["session_token=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict; Secure"]);
    expect([await sessionStatus(world, first), await sessionStatus(world, second)]).toEqual([401, 200]);
  });

  it("ends when the operator's password is reset", async () => {
    const world = await makeWorldWithPassword();
    const before = await logIn(world);
    await changePassword(world, passwordHash);
    expect(await sessionStatus(world, before)).toBe(401);
    expect(await sessionStatus(world, await logIn(world))).toBe(200);
  });

  it("is stored as a hash, with what cleans it up", async () => {
    const world = await makeWorldWithPassword();
    const token = (await logIn(world)).replace("session_token=", "");
    expect(JSON.stringify(world.table.dump())).not.toContain(token);
    expect(JSON.stringify(world.table.dump())).not.toContain(password);
    const sessions = world.table.dump().filter(({ email, pk }) => pk.startsWith("SESSION#") && email !== undefined);
    expect(sessions.map((item) => item.expires_at_s)).toContain((world.startMs + 24 * hourMs) / 1000);
  });
});

describe("wrong passwords", () => {
  const fail = async (world: World, times: number, email = operatorEmail) => {
    const statuses: number[] = [];
    for (let made = 0; made < times; made += 1) statuses.push(await statusOf(world, email, "wrong"));
    return statuses;
  };

  it.each([operatorEmail, "nobody@example.org"])("lock %s after five, for a minute", async (email) => {
    const world = await makeWorldWithPassword();
    expect(await fail(world, 5, email)).toEqual([401, 401, 401, 401, 401]);
    const refused = await login(world, email, password);
    expect([refused.statusCode, refused.headers["retry-after"]]).toEqual([429, "60"]);
    expect(apiError.parse(refused.body).code).toBe("rate_limited");
  });

  it("lock the right password out too, until the wait is over", async () => {
    const world = await makeWorldWithPassword();
    await fail(world, 5);
    world.advance(minuteMs - 1);
    expect(await statusOf(world, operatorEmail, password)).toBe(429);
    world.advance(1);
    expect(await statusOf(world, operatorEmail, password)).toBe(200);
  });

  it("during a wait do not extend it", async () => {
    const world = await makeWorldWithPassword();
    await fail(world, 5);
    world.advance(minuteMs / 2);
    expect(await fail(world, 20)).toEqual(Array(20).fill(429));
    world.advance(minuteMs / 2);
    expect(await fail(world, 2)).toEqual([401, 429]);
    expect((await login(world, operatorEmail, "wrong")).headers["retry-after"]).toBe("120");
  });

  it("are forgotten after the right one", async () => {
    const world = await makeWorldWithPassword();
    await fail(world, 4);
    expect(await statusOf(world, operatorEmail, password)).toBe(200);
    expect(await fail(world, 5)).toEqual([401, 401, 401, 401, 401]);
  });

  it("sent side by side are counted all the same", async () => {
    const world = await makeWorldWithPassword();
    const statuses = await Promise.all(Array.from({ length: 30 }, () => statusOf(world, operatorEmail, "wrong")));
    expect(statuses.filter((status) => status === 401)).toHaveLength(5);
    expect(statuses.filter((status) => status === 429)).toHaveLength(25);
  });

  it("do not touch sessions and API tokens", async () => {
    const world = await makeWorldWithPassword();
    const cookie = await logIn(world);
    await fail(world, 6);
    expect(await sessionStatus(world, cookie)).toBe(200);
    expect((await world.send({ method: "GET", path: "/api/session", ...withToken })).statusCode).toBe(200);
  });

  it("of one e-mail do not lock another", async () => {
    const world = await makeWorldWithPassword();
    await fail(world, 6, "eve@example.org");
    expect(await statusOf(world, operatorEmail, password)).toBe(200);
  });
});

const createToken = async (world: World, body: unknown) => {
  const response = await world.send({
    ...jsonRequest("POST", "/api/tokens", body, {}),
    ...withSession,
    headers: { "content-type": "application/json" },
  });
  return { status: response.statusCode, body: JSON.parse(response.body) };
};
const tokenStatus = async (world: World, value: string) =>
  (await world.send({ method: "GET", path: "/api/session", headers: { authorization: `Bearer ${value}` } })).statusCode;

describe("an API token", () => {
  it("is shown once, stored as a hash, and opens the API", async () => {
    const world = await makeWorld();
    const { status, body } = await createToken(world, { name: " ci " });
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      name: "ci",
      created_at: "2026-10-01T08:00:00.000Z",
      expires_at: null,
      token: expect.stringMatching(`^plt_${body.id.replaceAll("-", "")}_[A-Za-z0-9_-]{43}$`),
    });
    expect(JSON.stringify(world.table.dump())).not.toContain(body.token.slice(37));
    expect(await tokenStatus(world, body.token)).toBe(200);
  });

  it("ends on its day", async () => {
    const world = await makeWorld();
    const { body } = await createToken(world, { name: "ci", expires_in_days: 1 });
    expect(body.expires_at).toBe("2026-10-02T08:00:00.000Z");
    world.advance(24 * hourMs - 1);
    expect(await tokenStatus(world, body.token)).toBe(200);
    world.advance(1);
    expect(await tokenStatus(world, body.token)).toBe(401);
  });

  it("ends at once when it is deleted, and is then unknown", async () => {
    const world = await makeWorld();
    const { body } = await createToken(world, { name: "ci" });
    const remove = { method: "DELETE", path: `/api/tokens/${body.id}`, ...withToken };
    expect((await world.send(remove)).statusCode).toBe(200);
    expect(await tokenStatus(world, body.token)).toBe(401);
    expect((await world.send(remove)).statusCode).toBe(404);
  });

  it("with the id of another is refused", async () => {
    const world = await makeWorld();
    const [{ body: a }, { body: b }] = [
      await createToken(world, { name: "a" }),
      await createToken(world, { name: "b" }),
    ];
    expect(await tokenStatus(world, a.token.slice(0, 37) + b.token.slice(37))).toBe(401);
  });

  it("has nothing to log out of", async () => {
    const world = await makeWorld();
    const response = await world.send({ method: "POST", path: "/api/logout", ...withToken });
    expect([response.statusCode, response.cookies]).toEqual([200, undefined]);
    expect((await world.send({ method: "GET", path: "/api/session", ...withToken })).statusCode).toBe(200);
  });

  it("is listed newest first, page by page, without its value", async () => {
    const world = await makeWorld();
    for (const name of ["one", "two", "three"]) {
      world.advance(1000);
      await createToken(world, { name });
    }
    const first = await world.send({ method: "GET", path: "/api/tokens", query: "limit=2", ...withToken });
    const next = /^<\/api\/tokens\?(limit=2&cursor=.+)>; rel="next"$/.exec(String(first.headers.link))?.[1] ?? "";
    const second = await world.send({ method: "GET", path: "/api/tokens", query: next, ...withToken });
    const names = [first, second].flatMap((page) => JSON.parse(page.body).map((token: { name: string }) => token.name));
    expect(names).toEqual(["three", "two", "one", "ci"]);
    expect(Object.keys(JSON.parse(first.body)[0])).toEqual(["id", "name", "created_at", "expires_at"]);
    const wrong = await world.send({ method: "GET", path: "/api/tokens", query: "cursor=eyJ9", ...withToken });
    expect([wrong.statusCode, apiError.parse(readBody(wrong)).details?.field]).toEqual([400, "cursor"]);
  });
});

it("never writes a password, a cookie, a token or a query to the log", async () => {
  const world = await makeWorldWithPassword();
  const secrets = [password, "wr0ng-guess", (await logIn(world)).replace("session_token=", ""), "QUERY-VALUE"];
  await statusOf(world, operatorEmail, "wr0ng-guess");
  await world.send({ method: "GET", path: "/api/session", cookies: [`session_token=${secrets[2]}`] });
  await world.send({ method: "GET", path: "/api/tokens", query: "cursor=QUERY-VALUE", ...withToken });
  const { body } = await createToken(world, { name: "NAME-OF-TOKEN" });
  await tokenStatus(world, body.token);
  expect(world.logLines.length).toBeGreaterThan(5);
  for (const secret of [...secrets, body.token, "NAME-OF-TOKEN", operatorEmail]) {
    expect(world.logLines.join("\n")).not.toContain(secret);
  }
});
