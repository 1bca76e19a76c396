import { expect, it } from "vitest";
import { stepWord } from "./steps.ts";

it.each([
  ["create_server", "Create server"],
  ["safety_send_parts", "Safety backup: send parts"],
  ["final_check_object", "Last backup: check object"],
  ["wait_for_ssh", "Wait for SSH"],
  ["await_cloud_init", "Await cloud-init"],
  ["something_new", "Something new"],
])("%s is %s", (name, expected) => {
  expect(stepWord(name)).toBe(expected);
});
