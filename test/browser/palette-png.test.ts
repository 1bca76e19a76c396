import { crc32, deflateSync } from "node:zlib";
import { expect, it } from "vitest";
import { readPng, writePalettePng } from "./palette-png.ts";

const chunk = (type: string, data: Buffer): Buffer => {
  const body = Buffer.concat([Buffer.from(type), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
};

/** RGB, 8 bits, with these lines, each after its filter. */
const pngOf = (width: number, lines: readonly (readonly number[])[], depth = 8): Buffer => {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(lines.length, 4);
  header.set([depth, 2], 8);
  const packed = deflateSync(Buffer.from(lines.flat()));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", packed), chunk("IEND", Buffer.alloc(0))]);
};

it("undoes each filter of a PNG", () => {
  const png = pngOf(2, [
    [0, 1, 2, 3, 10, 20, 30],
    [1, 1, 2, 3, 9, 18, 27],
    [2, 0, 0, 0, 1, 1, 1],
    [3, 1, 1, 1, 1, 1, 1],
    [4, 0, 0, 0, 255, 0, 0],
  ]);
  expect([...readPng(png).pixels].map((colour) => colour.toString(16).padStart(6, "0"))).toEqual([
    ...["010203", "0a141e"],
    ...["010203", "0a141e"],
    ...["010203", "0b151f"],
    ...["010202", "070c11"],
    ...["010202", "060c11"],
  ]);
});

it("keeps up to 256 colours as they are, and takes the nearest for the rest", () => {
  const colours = Array.from({ length: 300 }, (_, index) => index * 256);
  const often = colours.slice(0, 256).flatMap((colour) => [colour, colour]);
  const pixels = Uint32Array.from([...often, ...colours.slice(256)]);
  const written = writePalettePng({ width: pixels.length, height: 1, pixels });
  const at = written.indexOf("PLTE");
  const size = written.readUInt32BE(at - 4);
  expect(size).toBe(256 * 3);
  const palette = Array.from({ length: 256 }, (_, entry) => written.readUIntBE(at + 4 + entry * 3, 3));
  expect(palette).toEqual(colours.slice(0, 256));
});

it("refuses a PNG of another kind", () => {
  expect(() => readPng(pngOf(1, [[0, 0, 0, 0]], 16))).toThrow("another kind");
});
