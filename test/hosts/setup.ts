import { sweepTests } from "./sweep.ts";

/** Nothing to set up; afterwards no host of a test is left, however it went. */
export default () => sweepTests;
