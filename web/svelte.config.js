import { vitePreprocess } from "@sveltejs/vite-plugin-svelte";

// A canvas that is drawn on is an image to a screen reader, and its table is beside it.
const KNOWN = new Set(["a11y_no_interactive_element_to_noninteractive_role"]);

export default {
  preprocess: vitePreprocess(),
  compilerOptions: {
    warningFilter: (warning) => !KNOWN.has(warning.code),
    cssHash: ({ hash, css }) => `c${hash(css).slice(-4)}`, // written 1,200 times: eight letters fewer of each
  },
};
