/**
 * Small PNGs: a screenshot has few colours that matter, so the 256 most frequent ones become a palette and each other colour
 * the nearest of them. Takes what Chromium writes: 8 bits a channel, RGB or RGBA, not interlaced. Pure.
 */
import { crc32, deflateSync, inflateSync } from "node:zlib";

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const COLOURS_MAX = 256;
/** Colour types of a PNG's header, with their bytes a pixel. */
const sizes: Readonly<Record<number, number>> = { 2: 3, 6: 4 };
const PALETTE = 3;

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** A colour a pixel: 0xRRGGBB. */
  readonly pixels: Uint32Array;
}

interface Chunk {
  readonly type: string;
  readonly data: Buffer;
}

const readChunks = (png: Buffer): Chunk[] => {
  const chunks: Chunk[] = [];
  for (let at = SIGNATURE.length; at < png.length; ) {
    const sizeBytes = png.readUInt32BE(at);
    chunks.push({ type: png.toString("latin1", at + 4, at + 8), data: png.subarray(at + 8, at + 8 + sizeBytes) });
    at += 12 + sizeBytes;
  }
  return chunks;
};

/** The predictor of filter 4 (PNG, 9.4). */
const paeth = (left: number, up: number, corner: number): number => {
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
};

const predict = (filter: number, left: number, up: number, corner: number): number =>
  [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter] ?? 0;

/** Undoes the filters, line by line and in place. */
const unfilter = (raw: Buffer, lineBytes: number, pixelBytes: number): void => {
  const stride = lineBytes + 1;
  for (let start = 0; start < raw.length; start += stride) {
    const filter = raw[start] ?? 0;
    for (let at = 1; at <= lineBytes; at += 1) {
      const left = at > pixelBytes ? (raw[start + at - pixelBytes] ?? 0) : 0;
      const up = start > 0 ? (raw[start + at - stride] ?? 0) : 0;
      const corner = start > 0 && at > pixelBytes ? (raw[start + at - stride - pixelBytes] ?? 0) : 0;
      raw[start + at] = (raw[start + at] ?? 0) + predict(filter, left, up, corner);
    }
  }
};

/** Throws for a PNG of another kind. */
export const readPng = (png: Buffer): Picture => {
  const chunks = readChunks(png);
  const header = chunks.find(({ type }) => type === "IHDR")?.data ?? Buffer.alloc(13);
  const [width, height, depth, colourType] = [header.readUInt32BE(0), header.readUInt32BE(4), header[8], header[9]];
  const pixelBytes = sizes[colourType ?? 0];
  if (depth !== 8 || pixelBytes === undefined || header[12] !== 0) throw new Error("a PNG of another kind");
  const packed = Buffer.concat(chunks.filter(({ type }) => type === "IDAT").map(({ data }) => data));
  const raw = inflateSync(packed);
  unfilter(raw, width * pixelBytes, pixelBytes);
  const pixels = new Uint32Array(width * height);
  for (let index = 0; index < pixels.length; index += 1) {
    const line = Math.floor(index / width);
    const at = line * (width * pixelBytes + 1) + 1 + (index - line * width) * pixelBytes;
    pixels[index] = raw.readUIntBE(at, 3);
  }
  return { width, height, pixels };
};

const distance = (one: number, other: number): number => {
  const red = (one >> 16) - (other >> 16);
  const green = ((one >> 8) & 255) - ((other >> 8) & 255);
  const blue = (one & 255) - (other & 255);
  return red * red + green * green + blue * blue;
};

const nearest = (colour: number, palette: readonly number[]): number =>
  palette.reduce(
    (best, candidate, index) => (distance(colour, candidate) < distance(colour, palette[best] ?? 0) ? index : best),
    0,
  );

const frequent = (pixels: Uint32Array): number[] => {
  const counts = new Map<number, number>();
  for (const colour of pixels) counts.set(colour, (counts.get(colour) ?? 0) + 1);
  const sorted = [...counts].toSorted(([one, a], [other, b]) => b - a || one - other);
  return sorted.slice(0, COLOURS_MAX).map(([colour]) => colour);
};

const writeChunk = ({ type, data }: Chunk): Buffer => {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [size, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  size.writeUInt32BE(data.length);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([size, body, checksum]);
};

const headerOf = ({ width, height }: Picture): Buffer => {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, PALETTE], 8);
  return header;
};

/** As a PNG with a palette of at most 256 colours. */
export const writePalettePng = (picture: Picture): Buffer => {
  const { width, height, pixels } = picture;
  const palette = frequent(pixels);
  const known = new Map(palette.map((colour, index) => [colour, index]));
  const lines = Buffer.alloc(height * (width + 1));
  for (const [index, colour] of pixels.entries()) {
    const entry = known.get(colour) ?? nearest(colour, palette);
    known.set(colour, entry);
    lines[index + Math.floor(index / width) + 1] = entry;
  }
  const colours = Buffer.alloc(palette.length * 3);
  palette.forEach((colour, index) => void colours.writeUIntBE(colour, index * 3, 3));
  const chunks = [
    { type: "IHDR", data: headerOf(picture) },
    { type: "PLTE", data: colours },
    { type: "IDAT", data: deflateSync(lines, { level: 9, memLevel: 9 }) },
    { type: "IEND", data: Buffer.alloc(0) },
  ];
  return Buffer.concat([SIGNATURE, ...chunks.map(writeChunk)]);
};
