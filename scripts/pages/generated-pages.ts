import { castsPage } from './casts-page.ts';
import { functionsPage } from './functions-page.ts';
import { scalarMethodsText } from './scalar-methods.ts';

export interface GeneratedPage {
  /** From the root of the project. */
  readonly path: string;
  readonly content: () => string;
}

/** Everything that is made from the code: pages of the documentation, and what TypeScript knows of functions. */
export const GENERATED_PAGES: readonly GeneratedPage[] = [
  { path: 'docs/casts.md', content: castsPage },
  { path: 'docs/functions.md', content: functionsPage },
  { path: 'src/dataframe/scalar-methods.ts', content: scalarMethodsText },
];
