import { beforeEach, expect, test } from "vitest";
import { at, type Fixture, makeFixture, namesIn } from "./fixture.ts";

let fixture: Fixture;
beforeEach(() => {
  fixture = makeFixture();
});

test("of two sort fields the second one decides what the first leaves open", async () => {
  for (const name of ["b", "c", "a"]) await fixture.create(name);
  await fixture.clock.advance(1000);
  await fixture.create("d");
  const sorted = async (query: string) => namesIn(await fixture.call("GET", `/servers?${query}`), "servers");
  expect(await sorted("sort=created:desc&sort=name:asc")).toEqual(["d", "a", "b", "c"]);
  expect(await sorted("sort=created&sort=name:desc")).toEqual(["c", "b", "a", "d"]);
});

test("an empty list has one page, and nothing before or after it", async () => {
  expect(at((await fixture.call("GET", "/servers")).body, "meta.pagination")).toEqual({
    page: 1,
    per_page: 25,
    previous_page: null,
    next_page: null,
    last_page: 1,
    total_entries: 0,
  });
});

test("a page beyond the last one is empty and leads back by one", async () => {
  await fixture.create("only");
  const beyond = await fixture.call("GET", "/servers?page=4&per_page=1");
  expect(namesIn(beyond, "servers")).toEqual([]);
  expect(at(beyond.body, "meta.pagination")).toMatchObject({ previous_page: 3, next_page: null, last_page: 1 });
  expect(beyond.headers.get("link")).toMatch(/page=3[^>]*>; rel="prev".*page=1[^>]*>; rel="last"/);
});
