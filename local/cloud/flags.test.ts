import { describe, expect, it } from "vitest";
import { parseFlags, usage } from "./flags.ts";
import { machineWishes } from "./machines.ts";
import { defaultPorts, portFlags } from "./ports.ts";

const exact = (port: number) => ({ port, isExact: true });

describe("flags of npm start", () => {
  it.each([
    { args: [], changed: {} },
    { args: ["--port", "9000"], changed: { gateway: exact(9000) } },
    { args: ["--aws-port=4700"], changed: { aws: exact(4700) } },
    { args: ["--hetzner-port", "1", "--ssh-port", "65535"], changed: { hetzner: exact(1), ssh: exact(65_535) } },
    { args: ["--port", "9000", "--ssh-port", "9000"], changed: { gateway: exact(9000), ssh: exact(9000) } },
  ])("reads $args", ({ args, changed }) => {
    const rest = { dir: ".local", machines: "auto" };
    expect(parseFlags(args)).toEqual({ type: "start", ports: { ...defaultPorts, ...changed }, ...rest });
  });

  it("reads where the files go", () => {
    expect(parseFlags(["--dir", ".local/second"])).toMatchObject({ type: "start", dir: ".local/second" });
  });

  it("reads what stands behind servers", () => {
    for (const machines of machineWishes) expect(parseFlags(["--machines", machines])).toMatchObject({ machines });
  });

  it.each([
    { args: ["--machines", "docker"], says: "--machines must be one of auto, real, stand-ins" },
    { args: ["--port", "0"], says: "--port must be a port number" },
    { args: ["--port", "65536"], says: "--port must be a port number" },
    { args: ["--aws-port", "80x"], says: "--aws-port must be a port number" },
    { args: ["--ssh-port="], says: "--ssh-port must be a port number" },
    { args: ["--port", "4700", "--aws-port", "4700"], says: "two flags name the same port" },
    { args: ["--prot", "1"], says: "Unknown option '--prot'" },
    { args: ["start"], says: "Unexpected argument 'start'" },
    { args: ["--port"], says: "--port" },
  ])("refuses $args in one line", ({ args, says }) => {
    const asked = parseFlags(args);
    expect(asked).toMatchObject({ type: "wrong", message: expect.stringContaining(says) });
    expect(JSON.stringify(asked)).not.toContain("\\n");
  });

  it.each([[["--help"]], [["-h"]], [["--port", "x", "--help"]]])("helps on %j", (args) => {
    expect(parseFlags(args)).toEqual({ type: "help" });
  });

  it("describes every port with its flag and its default", () => {
    for (const flag of Object.values(portFlags)) expect(usage).toContain(`${flag} N`);
    for (const { port } of Object.values(defaultPorts)) expect(usage).toContain(`(${port})`);
  });
});
