/** Where WordPress comes from: what the operator of a stage chooses, and what a playbook is told. */
import * as z from "zod";

/** The distribution's package, or an archive of a known sha256; `file:` is a file on the node itself. */
export const wordpressSource = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("package") }),
  z.strictObject({
    kind: z.literal("url"),
    url: z.url({ protocol: /^(https?|file)$/ }),
    sha256: z.string().regex(/^[0-9a-f]{64}$/, "must be 64 hexadecimal digits in lower case"),
  }),
]);
export type WordpressSource = z.infer<typeof wordpressSource>;
