import { expect, it } from "vitest";
import { securityHeaders, tlsHeaders } from "./headers.ts";

const policy = new Map(
  securityHeaders["content-security-policy"].split("; ").map((directive) => {
    const [name = "", ...sources] = directive.split(" ");
    return [name, sources] as const;
  }),
);

it("nothing may be loaded or sent but from and to the own origin", () => {
  for (const [name, sources] of policy) expect([name, sources.length]).toEqual([name, 1]);
  expect(new Set([...policy.values()].flat())).toEqual(new Set(["'none'", "'self'"]));
});

it.each(["default-src", "base-uri", "frame-ancestors"])("%s is 'none'", (name) => {
  expect(policy.get(name)).toEqual(["'none'"]);
});

it.each(["camera", "geolocation", "microphone", "payment", "usb"])("%s is asked for by nobody", (feature) => {
  expect(securityHeaders["permissions-policy"].split(", ")).toContain(`${feature}=()`);
});

it("the browser remembers for two years that this name is https, and says so of no name below it", () => {
  expect(tlsHeaders["strict-transport-security"]).toBe("max-age=63072000");
});
