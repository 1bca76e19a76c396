import { describe, expect, it } from "vitest";
import { debian12, hashOf, recipes } from "./recipe.ts";

describe("hashOf", () => {
  it("is the same for the same recipe and fits a folder's name", () => {
    expect(hashOf(debian12)).toBe(hashOf(structuredClone(debian12)));
    expect(hashOf(debian12)).toMatch(/^[0-9a-f]{12}$/);
  });

  it.each([
    ["a package more", { packages: [...debian12.packages, "vim"] }],
    ["another file", { files: { ...debian12.files, "etc/motd": "" } }],
    ["another unit masked", { masked: [] }],
    ["another place for its packages", { repository: "srv/other" }],
    ["another way of building", { version: debian12.version + 1 }],
  ])("changes with %s", (_case, change) => {
    expect(hashOf({ ...debian12, ...change })).not.toBe(hashOf(debian12));
  });
});

describe("recipes", () => {
  it("make the image that the product orders", () => {
    expect(recipes.map(({ image }) => image)).toContain("debian-12");
  });

  it.each(recipes)(
    "let hosts of $image install from the image alone, and bring the tool that makes its index",
    (recipe) => {
      const lines = (recipe.files["etc/apt/sources.list"] ?? "").split("\n").filter((line) => /^[^#]/.test(line));
      expect(lines).toEqual([`deb [trusted=yes] file:/${recipe.repository} ./`]);
      expect(recipe.packages).toContain("apt-utils");
    },
  );

  it.each(["nginx", "php8.2-fpm", "mariadb", "redis-server", "fail2ban", "unattended-upgrades"])(
    "leave %s to be enabled by who asks for it",
    (service) => {
      expect(debian12.disabled).toContain(`${service}.service`);
    },
  );

  it("name nothing twice and nothing empty", () => {
    for (const { bootstrap, packages, disabled, masked } of recipes) {
      for (const list of [[...bootstrap, ...packages], disabled, masked]) {
        expect(new Set(list).size).toBe(list.length);
        expect(list).not.toContain("");
      }
    }
  });
});
