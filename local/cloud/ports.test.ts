import { describe, expect, it } from "vitest";
import { claimPort, holdPort, listCandidates, takePort } from "./ports.ts";

const taken = (port: number) => Object.assign(new Error(`listen ${port}`), { code: "EADDRINUSE" });
const startAt = (free: number) => async (port: number) => {
  if (port < free) throw taken(port);
  return port;
};

describe("choosing a port", () => {
  it.each([
    { wish: { port: 8080, isExact: true }, first: [8080], count: 1 },
    { wish: { port: 0, isExact: false }, first: [0], count: 1 },
    { wish: { port: 8080, isExact: false }, first: [8080, 8081], count: 50 },
    { wish: { port: 65_534, isExact: false }, first: [65_534, 65_535], count: 2 },
  ])("tries $count ports for $wish", ({ wish, first, count }) => {
    const candidates = listCandidates(wish);
    expect(candidates.slice(0, 2)).toEqual(first);
    expect(candidates).toHaveLength(count);
  });

  it("takes the next free one", async () => {
    await expect(takePort("gateway", { port: 8080, isExact: false }, startAt(8083))).resolves.toBe(8083);
  });

  it("does not replace a port that was named, and says which flag to change", async () => {
    await expect(takePort("aws", { port: 4566, isExact: true }, startAt(4567))).rejects.toThrow(
      "Port 4566 is taken: end what listens there, or choose another one with --aws-port.",
    );
  });

  it("gives up when all are taken", async () => {
    await expect(takePort("ssh", { port: 2222, isExact: false }, startAt(9999))).rejects.toThrow("--ssh-port");
  });

  it("does not take another failure for a taken port", async () => {
    const refused = async () => Promise.reject(Object.assign(new Error("no"), { code: "EACCES" }));
    await expect(takePort("gateway", { port: 80, isExact: false }, refused)).rejects.toThrow("no");
  });
});

describe("claiming a port for a child process", () => {
  it("leaves the port itself free", async () => {
    const claim = await claimPort(0, process.platform === "linux");
    const child = await holdPort(claim.port, "127.0.0.1");
    expect(child.port).toBe(claim.port);
    await Promise.all([child.release(), claim.release()]);
  });

  it.runIf(process.platform === "linux")("is refused while another local cloud has claimed it", async () => {
    const first = await claimPort(0, true);
    await expect(claimPort(first.port, true)).rejects.toMatchObject({ code: "EADDRINUSE" });
    await first.release();
    const second = await claimPort(first.port, true);
    await second.release();
  });

  it("is refused when something listens there", async () => {
    const other = await holdPort(0, "127.0.0.1");
    await expect(claimPort(other.port, false)).rejects.toMatchObject({ code: "EADDRINUSE" });
    await other.release();
  });
});
