import { A } from "@solidjs/router";
import type { JSX } from "solid-js";
import { Empty, Page } from "../parts/page.tsx";

/** An address that leads nowhere. */
export const Nowhere = (): JSX.Element => (
  <Page title="Not found">
    <Empty title="There is nothing at this address">
      <p>What was here may have been removed.</p>
      <A class="button" href="/">
        To the overview
      </A>
    </Empty>
  </Page>
);
