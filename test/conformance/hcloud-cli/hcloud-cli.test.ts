/**
 * Hetzner's own CLI on the simulator: what it prints, what it says when it is refused, and what the simulator then holds.
 * Checked with Debian's hcloud-cli 1.30.3.
 */
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import * as z from "zod";
import { publicKey, tokens } from "../../../local/hetzner/fixture.ts";
import { fingerprintMd5 } from "../../../shared/hetzner/index.ts";
import { type Desk, openDesk } from "./cli.ts";

const { path: program, missing } = inject("hcloudCli");
const skipped = missing === null ? "" : ` (SKIPPED: ${missing})`;

const labelled = z.object({ id: z.int(), name: z.string(), labels: z.record(z.string(), z.string()) });
const keyView = z.object({ ...labelled.shape, fingerprint: z.string(), public_key: z.string() });
const protection = z.object({ delete: z.boolean() });
const serverView = z.object({
  ...labelled.shape,
  status: z.string(),
  public_net: z.object({ ipv4: z.object({ ip: z.string() }), ipv6: z.object({ ip: z.string() }) }),
  server_type: z.object({ id: z.int(), name: z.string() }),
  image: z.object({ name: z.string() }),
  protection: z.object({ ...protection.shape, rebuild: z.boolean() }),
  primary_disk_size: z.number(),
  rescue_enabled: z.boolean(),
});
const addressView = z.object({
  ...labelled.shape,
  ip: z.string(),
  type: z.string(),
  assignee_id: z.nullable(z.int()),
  protection,
});
/** The program prints null for an empty list. */
const listOf = <T extends z.ZodType>(item: T) => z.nullable(z.array(item)).transform((items) => items ?? []);
const namedView = z.object({ id: z.int(), name: z.string() });

/** Lines of a table without its head, each split at the gaps. */
const rowsOf = (out: string): string[][] =>
  out
    .trimEnd()
    .split("\n")
    .map((line) => line.trim().split(/\s{2,}/));

const userData = "#cloud-config\nruncmd:\n  - [touch, ready]\n";
const create = (name: string, ...more: readonly string[]): string[] => [
  ..."server create --type cx23 --image debian-12 --location fsn1 --name".split(" "),
  name,
  ...more,
];

/** A desk for all tests of one `describe`. */
function useDesk(limits?: Parameters<typeof openDesk>[1]): () => Desk {
  let desk: Desk | undefined;
  beforeAll(async () => {
    desk = await openDesk(program ?? "", limits);
  });
  afterAll(() => desk?.close());
  return () => {
    if (desk === undefined) throw new Error("the simulator did not start");
    return desk;
  };
}

/** The server as the simulator holds it. */
const held = ({ simulator }: Desk, name: string) => simulator.serverByName(name);
const projectOf = ({ simulator }: Desk) => simulator.state().projects[0];

describe.skipIf(program === null)(`hcloud ssh-key${skipped}`, () => {
  const desk = useDesk();

  test("create reads a file and sets labels", async () => {
    const file = desk().file("id.pub", `${publicKey(1)}\n`);
    const out = await desk().say("ssh-key", "create", "--name", "k", "--public-key-from-file", file, "--label", "a=b");
    const [key] = projectOf(desk())?.ssh_keys ?? [];
    expect(out).toContain(`SSH key ${key?.id} created`);
    expect(key).toMatchObject({ name: "k", labels: { a: "b" }, public_key: publicKey(1) });
  });

  test("list shows it, as a table and as JSON", async () => {
    const rows = rowsOf(await desk().say("ssh-key", "list", "-o", "noheader", "-o", "columns=name,fingerprint,labels"));
    expect(rows).toEqual([["k", fingerprintMd5(publicKey(1)), "a=b"]]);
    const listed = await desk().json(listOf(keyView), "ssh-key", "list");
    expect(listed.map(({ name, public_key }) => [name, public_key])).toEqual([["k", publicKey(1)]]);
    expect(await desk().json(listOf(keyView), "ssh-key", "list", "--selector", "a!=b")).toEqual([]);
  });

  test("update, labels and describe agree with each other", async () => {
    await desk().say("ssh-key", "update", "k", "--name", "renamed");
    await desk().say("ssh-key", "add-label", "renamed", "c=d");
    await desk().say("ssh-key", "remove-label", "renamed", "a");
    const described = await desk().json(keyView, "ssh-key", "describe", "renamed");
    expect(described).toMatchObject({ name: "renamed", labels: { c: "d" } });
    expect(described.id).toBe(projectOf(desk())?.ssh_keys[0]?.id);
  });

  test("the same key twice, and a name twice, are refused", async () => {
    const again = await desk().run(["ssh-key", "create", "--name", "other", "--public-key", publicKey(1)]);
    expect(again).toMatchObject({ code: 1, err: expect.stringContaining("(uniqueness_error)") });
    const named = await desk().run(["ssh-key", "create", "--name", "renamed", "--public-key", publicKey(2)]);
    expect(named).toMatchObject({ code: 1, err: expect.stringContaining("SSH key name is already used") });
  });

  test("delete takes it away", async () => {
    expect(await desk().say("ssh-key", "delete", "renamed")).toContain("deleted");
    expect(projectOf(desk())?.ssh_keys).toEqual([]);
    expect((await desk().run(["ssh-key", "describe", "renamed"])).code).toBe(1);
  });
});

describe.skipIf(program === null)(`hcloud server, from create to delete${skipped}`, () => {
  const desk = useDesk();

  test("create waits for the actions and prints the addresses", async () => {
    await desk().say("ssh-key", "create", "--name", "k", "--public-key", publicKey(1));
    const file = desk().file("user-data.yaml", userData);
    const out = await desk().say(...create("web", "--ssh-key", "k", "--user-data-from-file", file, "--label", "a=b"));
    const server = held(desk(), "web");
    expect(server).toMatchObject({ status: "running", labels: { a: "b" } });
    expect(out).toContain(`Server ${server?.id} created`);
    expect(out).toContain(`IPv4: ${server?.public_net.ipv4?.ip}`);
    expect(out).not.toContain("Root password");
  });

  test("create sent the user data and the key's id, and asked for all actions until they had ended", () => {
    const requests = desk().simulator.requests();
    const made = requests.find(({ method, route }) => method === "POST" && route === "/servers");
    const sent = z.object({ user_data: z.string(), ssh_keys: z.array(z.int()) }).parse(made?.body);
    expect(sent.user_data).toContain(`${Buffer.byteLength(userData)}`);
    expect(sent.ssh_keys).toEqual([projectOf(desk())?.ssh_keys[0]?.id]);
    expect(requests.some(({ route }) => route?.includes("/actions"))).toBe(true);
    expect(projectOf(desk())?.actions.map(({ status }) => status)).toEqual(["success", "success"]);
  });

  test("create without a key prints the root password", async () => {
    const out = await desk().say(...create("plain", "--start-after-create=false", "--without-ipv6"));
    expect(out).toMatch(/Root password: \S{12,}/);
    expect(held(desk(), "plain")).toMatchObject({ status: "off", public_net: { ipv6: null } });
    await desk().say("server", "delete", "plain");
  });

  test("list has columns, a selector and JSON", async () => {
    const server = held(desk(), "web");
    const columns = ["-o", "noheader", "-o", "columns=id,name,status,ipv4,type,labels", "--selector", "a=b"];
    const rows = rowsOf(await desk().say("server", "list", ...columns));
    expect(rows).toEqual([[String(server?.id), "web", "running", server?.public_net.ipv4?.ip, "cx23", "a=b"]]);
    const listed = await desk().json(listOf(serverView), "server", "list", "--selector", "a");
    expect(listed.map(({ id, image }) => [id, image.name])).toEqual([[server?.id, "debian-12"]]);
  });

  test("describe tells what the simulator holds, by name and by id", async () => {
    const server = held(desk(), "web");
    const byName = await desk().json(serverView, "server", "describe", "web");
    expect(byName).toEqual(serverView.parse(server));
    expect(await desk().json(serverView, "server", "describe", String(server?.id))).toEqual(byName);
    const text = await desk().say("server", "describe", "web");
    expect(text).toMatch(/Status:\s+running/);
    expect(text).toMatch(/Included:\s+20 TiB/);
    expect(await desk().say("server", "ip", "web")).toBe(`${server?.public_net.ipv4?.ip}\n`);
  });

  test("labels are added, kept unless overwritten, and removed", async () => {
    await desk().say("server", "add-label", "web", "c=d");
    expect((await desk().run(["server", "add-label", "web", "c=e"])).code).toBe(1);
    await desk().say("server", "add-label", "--overwrite", "web", "c=f");
    expect(held(desk(), "web")?.labels).toEqual({ a: "b", c: "f" });
    await desk().say("server", "remove-label", "web", "a");
    expect(held(desk(), "web")?.labels).toEqual({ c: "f" });
  });

  test.each([
    ["poweroff", "off"],
    ["poweron", "running"],
    ["reboot", "running"],
    ["shutdown", "off"],
    ["poweron", "running"],
    ["reset", "running"],
  ])("%s leaves it %s", async (verb, status) => {
    await desk().say("server", verb, "web");
    await expect.poll(() => held(desk(), "web")?.status).toBe(status);
  });

  test("protection keeps it from being deleted and rebuilt", async () => {
    await desk().say("server", "enable-protection", "web", "delete", "rebuild");
    expect(held(desk(), "web")?.protection).toEqual({ delete: true, rebuild: true });
    for (const args of [
      ["server", "delete", "web"],
      ["server", "rebuild", "web", "--image", "debian-13"],
    ])
      expect(await desk().run(args)).toMatchObject({ code: 1, err: expect.stringContaining("(protected)") });
    await desk().say("server", "disable-protection", "web", "delete", "rebuild");
    expect(held(desk(), "web")?.protection).toEqual({ delete: false, rebuild: false });
  });

  test("rebuild gives it another image, update another name", async () => {
    expect(await desk().say("server", "rebuild", "web", "--image", "debian-13")).toContain("debian-13");
    expect(held(desk(), "web")).toMatchObject({ status: "running", image: { name: "debian-13" } });
    await desk().say("server", "update", "web", "--name", "shop");
    expect(held(desk(), "web")).toBeUndefined();
    expect(held(desk(), "shop")?.status).toBe("running");
  });

  test("rescue, backups, a console and a password are had", async () => {
    await desk().say("server", "enable-rescue", "shop", "--ssh-key", "k");
    expect(held(desk(), "shop")?.rescue_enabled).toBe(true);
    await desk().say("server", "disable-rescue", "shop");
    await desk().say("server", "enable-backup", "shop");
    expect(held(desk(), "shop")?.backup_window).toMatch(/^\d\d-\d\d$/);
    await desk().say("server", "disable-backup", "shop");
    expect(await desk().say("server", "request-console", "shop")).toMatch(/wss:\/\/\S+/);
    expect(await desk().say("server", "reset-password", "shop")).toMatch(/reset to: \S{12,}/);
  });

  test("metrics are numbers at instants", async () => {
    const values = z.array(z.tuple([z.number(), z.string().regex(/^\d+(\.\d+)?$/)])).min(2);
    const view = z.object({ metrics: z.object({ time_series: z.object({ cpu: z.object({ values }) }) }) });
    const span = ["--start", "2026-11-22T11:50:00Z", "--end", "2026-11-22T12:10:00Z"];
    await desk().json(view, "server", "metrics", "shop", "--type", "cpu", ...span);
  });

  test("an image is made of it, and a server of the image", async () => {
    const out = await desk().say("server", "create-image", "shop", "--type", "snapshot", "--description", "before");
    const id = /Image (\d+) created/.exec(out)?.[1] ?? "";
    const view = z.object({ type: z.string(), description: z.string() });
    const described = await desk().json(view, "image", "describe", id);
    expect(described).toEqual({ type: "snapshot", description: "before" });
    await desk().say("image", "delete", id);
    expect((await desk().run(["image", "describe", id])).code).toBe(1);
  });

  test("another type needs it to be off", async () => {
    const running = await desk().run(["server", "change-type", "shop", "cx33"]);
    expect(running).toMatchObject({ code: 1, err: expect.stringContaining("(server_not_stopped)") });
    await desk().say("server", "poweroff", "shop");
    await desk().say("server", "change-type", "--keep-disk", "shop", "cx33");
    const server = await desk().json(serverView, "server", "describe", "shop");
    expect([server.server_type.name, server.primary_disk_size]).toEqual(["cx33", 40]);
  });

  test("delete takes it and its addresses away", async () => {
    expect(await desk().say("server", "delete", "shop")).toContain("deleted");
    await expect.poll(() => held(desk(), "shop")).toBeUndefined();
    await expect.poll(() => projectOf(desk())?.primary_ips).toEqual([]);
    expect(await desk().json(listOf(serverView), "server", "list")).toEqual([]);
  });
});

describe.skipIf(program === null)(`hcloud's catalogue${skipped}`, () => {
  const desk = useDesk();

  test.each([
    ["server-type", "cx23", 114],
    ["location", "fsn1", 1],
    ["image", "debian-12", 114_690_387],
  ])("%s list and describe know %s", async (resource, name, id) => {
    const listed = await desk().json(listOf(namedView), resource, "list");
    expect(listed).toContainEqual({ id, name });
    expect(await desk().json(namedView, resource, "describe", name)).toEqual({ id, name });
    expect(await desk().json(namedView, resource, "describe", String(id))).toEqual({ id, name });
    expect(await desk().say(resource, "describe", name)).toMatch(new RegExp(`Name:\\s+${name}`));
    const nobody = await desk().run([resource, "describe", "nobody-has-this"]);
    expect(nobody).toMatchObject({ code: 1, err: expect.stringContaining("not found: nobody-has-this") });
  });

  test("prices are shown per location", async () => {
    const text = await desk().say("server-type", "describe", "cx23");
    expect(text).toMatch(/Location:\s+fsn1[\s\S]+Monthly:\s+€ \d+\.\d+/);
  });
});

describe.skipIf(program === null)(`hcloud primary-ip${skipped}`, () => {
  const desk = useDesk();
  const addressesOf = (name: string) => projectOf(desk())?.primary_ips.filter((address) => address.name === name) ?? [];

  test("create says where: only with --location, since datacenters are gone", async () => {
    const order = ["primary-ip", "create", "--name", "front", "--type", "ipv4"];
    const help = await desk().say("primary-ip", "create", "--help");
    if (help.includes("--location")) await desk().say(...order, "--location", "fsn1");
    else {
      // Versions before that flag can name nothing but a datacenter (and lose --assignee-id on the way).
      const refused = await desk().run([...order, "--datacenter", "fsn1-dc14"]);
      expect(refused).toMatchObject({ code: 1, err: expect.stringContaining("(invalid_input)") });
      const id = desk().simulator.addPrimaryIp({ project: "demo" });
      await desk().say("primary-ip", "update", String(id), "--name", "front");
    }
    expect(addressesOf("front")).toMatchObject([{ type: "ipv4", assignee_id: null }]);
  });

  test("assign gives it to a server that is off", async () => {
    await desk().say(...create("web", "--start-after-create=false", "--without-ipv4"));
    await desk().say("primary-ip", "assign", "front", "--server", "web");
    const server = held(desk(), "web");
    expect(addressesOf("front")).toMatchObject([{ assignee_id: server?.id }]);
    expect(server?.public_net.ipv4?.ip).toBe(addressesOf("front")[0]?.ip);
  });

  test("list and describe tell what the simulator holds", async () => {
    const listed = await desk().json(listOf(addressView), "primary-ip", "list");
    expect(listed.map(({ name }) => name)).toContain("front");
    const described = await desk().json(addressView, "primary-ip", "describe", "front");
    expect(described).toEqual(addressView.parse(addressesOf("front")[0]));
    expect(await desk().say("primary-ip", "list", "-o", "columns=name,assignee")).toMatch(/front\s+Server web/);
  });

  test("an address in use cannot be deleted", async () => {
    const refused = await desk().run(["primary-ip", "delete", "front"]);
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining("must_be_unassigned") });
  });

  test("unassign frees it, and a server that runs takes none", async () => {
    const id = () => addressesOf("front")[0]?.assignee_id ?? null;
    await desk().say("primary-ip", "unassign", "front");
    await expect.poll(id).toBeNull();
    expect(held(desk(), "web")?.public_net.ipv4).toBeNull();
    await desk().say("server", "poweron", "web");
    const refused = await desk().run(["primary-ip", "assign", "front", "--server", "web"]);
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining("(server_not_stopped)") });
  });

  test("reverse DNS, protection and delete", async () => {
    const ip = addressesOf("front")[0]?.ip ?? "";
    await desk().say("primary-ip", "set-rdns", "front", "--ip", ip, "--hostname", "a.example.com");
    expect(addressesOf("front")).toMatchObject([{ dns_ptr: [{ dns_ptr: "a.example.com" }] }]);
    await desk().say("primary-ip", "update", "front", "--name", "back");
    await desk().say("primary-ip", "enable-protection", "back");
    expect((await desk().run(["primary-ip", "delete", "back"])).err).toContain("(protected)");
    await desk().say("primary-ip", "disable-protection", "back");
    expect(await desk().say("primary-ip", "delete", "back")).toContain("deleted");
    expect(addressesOf("back")).toEqual([]);
  });
});

describe.skipIf(program === null)(`hcloud is refused${skipped}`, () => {
  const desk = useDesk({ serverLimit: 2 });
  const refusal = (code: string) => ({ code: 1, err: expect.stringContaining(`(${code})`) });

  test("with a token that nobody has", async () => {
    const said = await desk().run(["server", "list"], { token: tokens.unknown });
    expect(said).toMatchObject({ ...refusal("unauthorized"), out: "" });
    expect(said.err).toContain("unable to authenticate");
  });

  test("every write with a token that may only read, which still lists", async () => {
    const only = { token: tokens.ro };
    expect((await desk().run(["server", "list"], only)).code).toBe(0);
    for (const args of [create("web"), ["ssh-key", "create", "--name", "k", "--public-key", publicKey(1)]])
      expect(await desk().run(args, only)).toMatchObject(refusal("token_readonly"));
    expect(projectOf(desk())?.ssh_keys).toEqual([]);
  });

  test("for a server, a type, an image and a key that are not there", async () => {
    for (const [args, name] of [
      [["server", "describe", "nobody"], "nobody"],
      [["server", "poweroff", "nobody"], "nobody"],
      [["server", "delete", "nobody"], "nobody"],
      [create("web").with(3, "cx99"), "cx99"],
      [create("web").with(5, "beos"), "beos"],
      [create("web", "--ssh-key", "nobody"), "nobody"],
    ] as const) {
      const { code, err } = await desk().run(args);
      expect([code, err]).toEqual([1, expect.stringMatching(/not found|no such file/)]);
      expect(err).toContain(name);
    }
  });

  test("when sold out, at once and in the action", async () => {
    desk().simulator.setStock({ serverType: "cx23", location: "fsn1", inStock: false });
    expect(await desk().run(create("web"))).toMatchObject(refusal("resource_unavailable"));
    desk().simulator.setStock({ serverType: "cx23", location: "fsn1", inStock: true });
    const inAction = await desk().run(create("web-fault-sold-out-in-action"));
    expect(inAction).toMatchObject({ code: 1, err: expect.stringContaining("resource_unavailable") });
    await desk().run(["server", "delete", "web-fault-sold-out-in-action"]);
    await expect.poll(() => projectOf(desk())?.servers).toEqual([]);
  });

  test("a name that is taken, and a name that is none", async () => {
    await desk().say(...create("web"));
    const taken = await desk().run(create("web"));
    expect(taken).toMatchObject(refusal("uniqueness_error"));
    expect(taken.err).toContain("server name is already used");
    expect(await desk().run(create("under_score"))).toMatchObject(refusal("invalid_input"));
  });

  test("beyond the project's limit", async () => {
    await desk().say(...create("second"));
    const said = await desk().run(create("third"));
    expect(said).toMatchObject(refusal("resource_limit_exceeded"));
    expect(projectOf(desk())?.servers.length).toBe(2);
  });

  test("what Hetzner has removed", async () => {
    expect(await desk().run(["datacenter", "list"])).toMatchObject(refusal("deprecated_api_endpoint"));
  });
});
