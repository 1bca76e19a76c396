import { describe, expect, it } from "vitest";
import { findCgroupRoot } from "./cgroups.ts";
import { decidePossible, type MachineFacts } from "./tools.ts";

const able: MachineFacts = {
  platform: "linux",
  isRoot: true,
  capabilities: "000001fffeffffff",
  fileSystems: "nodev\tproc\n\text4\nnodev\toverlay\n",
  mounts: "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n",
  hasLoopDevices: true,
  hasApt: true,
  missingTools: [],
  imageProblem: null,
};

describe("decidePossible", () => {
  it.each([
    ["a machine that has everything", {}],
    ["one whose missing tools apt can install", { missingTools: ["nft"] }],
    ["one without apt that misses none", { hasApt: false }],
  ])("accepts %s", (_case, change) => {
    expect(decidePossible({ ...able, ...change })).toEqual({ possible: true });
  });

  it.each([
    [{ platform: "darwin" }, "Linux"],
    [{ isRoot: false }, "root"],
    [{ capabilities: "000001fffedfffff" }, "CAP_SYS_ADMIN"],
    [{ capabilities: "00000000a80425fb" }, "container"],
    [{ capabilities: "" }, "container"],
    [{ fileSystems: "nodev\tproc\nnodev\toverlay2\n" }, "overlayfs"],
    [{ mounts: "cgroup /sys/fs/cgroup/cpu cgroup rw 0 0\n" }, "control groups"],
    [{ hasLoopDevices: false }, "loop"],
    [{ hasApt: false, missingTools: ["nft", "ip"] }, "nft, ip missing"],
    [{ imageProblem: "no mirror here" }, "no mirror here"],
  ])("says what is in the way: %j", (change, expected) => {
    expect(decidePossible({ ...able, ...change })).toEqual({
      possible: false,
      reason: expect.stringContaining(expected),
    });
  });
});

describe("findCgroupRoot", () => {
  it.each([
    ["alone", "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0", "/sys/fs/cgroup"],
    [
      "beside version 1",
      "cgroup /sys/fs/cgroup/cpu cgroup rw 0 0\nx /sys/fs/cgroup/unified cgroup2 rw",
      "/sys/fs/cgroup/unified",
    ],
    ["absent", "cgroup /sys/fs/cgroup/cpu cgroup rw 0 0", null],
  ])("version 2 %s", (_case, mounts, expected) => {
    expect(findCgroupRoot(mounts)).toBe(expected);
  });
});
