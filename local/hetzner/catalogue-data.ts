/** One server type as a row: prices are monthly net EUR in ten-thousandths, per location. */
export interface TypeRow {
  readonly id: number;
  readonly name: string;
  readonly cores: number;
  readonly memory: number;
  readonly disk: number;
  readonly cpu: "shared" | "dedicated";
  readonly architecture: "x86" | "arm";
  readonly category: string;
  readonly monthly: Readonly<Record<string, number>>;
  /** End of life at every location. */
  readonly deprecation?: Deprecation;
  /** End of life at single locations. */
  readonly deprecationAt?: Readonly<Record<string, Deprecation>>;
}

/** An announced end: after `unavailable_after` no new server is made. */
export interface Deprecation {
  readonly announced: string;
  readonly unavailable_after: string;
}

/** The six locations. */
export const locations = [
  {
    id: 1,
    name: "fsn1",
    description: "Falkenstein DC Park 1",
    country: "DE",
    city: "Falkenstein",
    latitude: 50.47612,
    longitude: 12.370071,
    network_zone: "eu-central",
  },
  {
    id: 2,
    name: "nbg1",
    description: "Nuremberg DC Park 1",
    country: "DE",
    city: "Nuremberg",
    latitude: 49.452102,
    longitude: 11.076665,
    network_zone: "eu-central",
  },
  {
    id: 3,
    name: "hel1",
    description: "Helsinki DC Park 1",
    country: "FI",
    city: "Helsinki",
    latitude: 60.169855,
    longitude: 24.938379,
    network_zone: "eu-central",
  },
  {
    id: 4,
    name: "ash",
    description: "Ashburn, VA",
    country: "US",
    city: "Ashburn, VA",
    latitude: 39.045821,
    longitude: -77.487073,
    network_zone: "us-east",
  },
  {
    id: 5,
    name: "hil",
    description: "Hillsboro, OR",
    country: "US",
    city: "Hillsboro, OR",
    latitude: 45.54222,
    longitude: -122.951924,
    network_zone: "us-west",
  },
  {
    id: 6,
    name: "sin",
    description: "Singapore",
    country: "SG",
    city: "Singapore",
    latitude: 1.283333,
    longitude: 103.833333,
    network_zone: "ap-southeast",
  },
] as const;

const europe = (net: number) => ({ fsn1: net, nbg1: net, hel1: net });
const abroad = (net: number) => ({ ash: net, hil: net, sin: Math.round(net * 1.35) });
const everywhere = (net: number) => ({ ...europe(net), ...abroad(Math.round(net * 1.04)) });

type Shape = readonly [id: number, name: string, cores: number, memory: number, disk: number, monthly: number];
type Family = Pick<TypeRow, "cpu" | "architecture" | "category"> & {
  readonly sold: (net: number) => Record<string, number>;
};

const row = (family: Family, [id, name, cores, memory, disk, monthly]: Shape): TypeRow => {
  const { cpu, architecture, category } = family;
  return { id, name, cores, memory, disk, cpu, architecture, category, monthly: family.sold(monthly) };
};

const cx: Family = { cpu: "shared", architecture: "x86", category: "Cost-Optimized", sold: europe };
const cax: Family = { cpu: "shared", architecture: "arm", category: "Cost-Optimized", sold: europe };
const cpx: Family = { cpu: "shared", architecture: "x86", category: "Regular Performance", sold: everywhere };
const ccx: Family = { cpu: "dedicated", architecture: "x86", category: "General Purpose", sold: everywhere };

const ended: Deprecation = { announced: "2025-06-01T00:00:00Z", unavailable_after: "2025-09-01T00:00:00Z" };

/** Believable, not a price list: the families, where each is sold and what two of them have left behind. */
export const typeRows: readonly TypeRow[] = [
  { ...row(cx, [104, "cx22", 2, 4, 40, 37_900]), deprecation: ended },
  row(cpx, [22, "cpx11", 2, 2, 40, 43_500]),
  row(cpx, [23, "cpx21", 3, 4, 80, 75_500]),
  { ...row(cpx, [24, "cpx31", 4, 8, 160, 136_000]), deprecationAt: { nbg1: ended } },
  row(cpx, [25, "cpx41", 8, 16, 240, 252_000]),
  row(cpx, [26, "cpx51", 16, 32, 360, 549_000]),
  row(cax, [45, "cax11", 2, 4, 40, 37_900]),
  row(cax, [93, "cax21", 4, 8, 80, 64_900]),
  row(cax, [94, "cax31", 8, 16, 160, 124_900]),
  row(cax, [95, "cax41", 16, 32, 320, 244_900]),
  row(ccx, [96, "ccx13", 2, 8, 80, 124_900]),
  row(ccx, [97, "ccx23", 4, 16, 160, 244_900]),
  row(ccx, [98, "ccx33", 8, 32, 240, 484_900]),
  row(ccx, [99, "ccx43", 16, 64, 360, 964_900]),
  row(ccx, [100, "ccx53", 32, 128, 600, 1_924_900]),
  row(ccx, [101, "ccx63", 48, 192, 960, 2_884_900]),
  row(cx, [114, "cx23", 2, 4, 40, 34_900]),
  row(cx, [115, "cx33", 4, 8, 80, 54_900]),
  row(cx, [116, "cx43", 8, 16, 160, 94_900]),
  row(cx, [117, "cx53", 16, 32, 320, 174_900]),
];

/** `type@location` flagged out of stock in the catalogue: a hint only. */
export const flaggedSoldOut: readonly string[] = ["cax41@nbg1", "ccx63@hil", "cx53@hel1"];

/** `type@location` really out of stock. cx53@hel1 can be had although flagged, cpx51@sin can not although it is not. */
export const reallySoldOut: readonly string[] = ["cax41@nbg1", "ccx63@hil", "cpx51@sin"];

/** One system image for both architectures. */
export interface ImageRow {
  readonly id: number;
  readonly name: string;
  readonly description: string;
  readonly flavor: "ubuntu" | "debian";
  readonly version: string;
  readonly created: string;
  readonly deprecated?: string;
}

/** Rows of which each gives an x86 image with this id and an arm image with the next one. */
export const imageRows: readonly ImageRow[] = [
  { ...image([45_557_056, "Debian 11", "2021-08-16T11:12:01Z"]), deprecated: "2026-01-05T09:00:00Z" },
  image([67_794_396, "Ubuntu 22.04", "2022-04-21T13:32:38Z"]),
  image([114_690_387, "Debian 12", "2023-06-13T06:00:02Z"]),
  image([161_547_269, "Ubuntu 24.04", "2024-04-25T14:10:18Z"]),
  image([310_557_659, "Debian 13", "2025-08-12T09:03:44Z"]),
];

function image([id, description, created]: readonly [number, string, string]): ImageRow {
  const [flavor = "", version = ""] = description.split(" ");
  const name = `${flavor.toLowerCase()}-${version}`;
  return { id, name, description, flavor: flavor === "Ubuntu" ? "ubuntu" : "debian", version, created };
}
