/**
 * Zod tries once whether it may compile its checks. The page's policy forbids that, and a browser reports each try as a
 * violation, so zod is told not to try.
 */
import * as z from "zod";

z.config({ jitless: true });
